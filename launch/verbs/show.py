"""What a run came to, printed."""

from pathlib import Path
from typing import Any

from launch import run_folder
from launch.reporting import summaries
from launch.verbs.parsing import INTERRUPTED, PROGRAM


def show(folder: Path) -> int:
    """Prints what a run came to; returns the exit code."""
    result = run_folder.read_result(folder)
    acting = "env_steps" in result
    if result["status"] == "interrupted":
        where = f" at {result['env_steps']:,} env steps" if acting else ""
        print(f"interrupted{where}; everything is saved. Continue with: {PROGRAM} resume {folder}")
        return INTERRUPTED
    if acting:
        _acting(folder, result)
    else:
        print("\n".join(line for line in summaries.supervised(folder) if line))
    return 0


def _acting(folder: Path, result: dict[str, Any]) -> None:
    claim = result["claim"]
    evaluation = result["evaluation"]
    print(
        f"{result['experiment']} seed {result['seed']}: {result['env_steps']:,} env steps, "
        f"{result['updates']:,} updates in {result['wall_seconds']:.1f} s "
        f"({result['steps_per_second']:,.0f} env steps/s while training)"
    )
    print(f"{result['acting']} over {evaluation['episodes']:,} fresh episodes, mean return ± std:")
    steps = f"{result['policy_from_env_steps']:,}"
    for name, found in (
        (f"  the policy kept, of {steps} env steps", evaluation),
        ("  the last weights", result["final_evaluation"]),
    ):
        print(f"{name}: {found['mean_return']:.4g} ± {found['std_return']:.4g}")
    figures = {
        "final": "last",
        "ours": "kept",
        "optimum": "optimum",
        "baseline": "random",
        "book": "book",
    }
    shown = [f"{word} {claim[key]:.4g}" for key, word in figures.items() if claim[key] is not None]
    print(f"{claim['metric']}: {', '.join(shown)}")
    print(f"fingerprint {result['fingerprint']}")
    print(f"folder {folder} (learning curve: {folder / run_folder.CURVE})")
