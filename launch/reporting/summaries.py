"""A run's outcome in a line or a few. Imports neither TensorFlow nor Ray."""

from pathlib import Path
from typing import Any

from launch import run_folder
from launch.scheduling.planned import JobOutcome

_RECALLS = 4  # classes whose recalls fit into a line


def line(outcome: JobOutcome) -> str:
    """What became of one of several runs."""
    if outcome.error is not None:
        return f"failed: {outcome.error}"
    if outcome.folder is None:
        return "not started"
    result = run_folder.read_result(outcome.folder)
    if result["status"] == "interrupted":
        return f"interrupted; continue with: python -m launch resume {outcome.folder}"
    data = f"  {result['data']} data" if "data" in result else ""
    return f"{claim(result)}{data}  {result['wall_seconds']:.1f} s  {outcome.folder}"


def claim(result: dict[str, Any]) -> str:
    """Our figure beside what it is measured against, or that of a search's trial."""
    found = result["claim"]
    validation = result.get("validation", {}).get(found["metric"])
    if found["ours"] is None and validation is not None:
        return f"{found['metric']} {validation:.4g} on validation data"
    words = {"ours": "", "baseline": "baseline ", "optimum": "optimum ", "book": "book "}
    shown = [f"{word}{found[key]:.4g}" for key, word in words.items() if found[key] is not None]
    return f"{found['metric']} {', '.join(shown)}" if shown else ""


def supervised(folder: Path) -> list[str]:
    """What a supervised run came to."""
    result = run_folder.read_result(folder)
    sets = ", ".join(f"{name} ({kind})" for name, kind in result["data_sets"].items())
    memory = result["peak_memory_mb"]
    lines = [
        f"{result['experiment']} seed {result['seed']}: {result['wall_seconds']:.1f} s, "
        f"{memory:,.0f} MB at most, on {sets}"
    ]
    figures = result["metrics"] or result["validation"]
    recalls = [name for name in figures if name.startswith("recall_")]
    if len(recalls) > _RECALLS:
        figures = {name: value for name, value in figures.items() if name not in recalls}
    where = "test" if result["metrics"] else "validation"
    lines.append(f"{where}: " + "  ".join(f"{k} {v:.4g}" for k, v in figures.items()))
    lines.append(claim(result))
    if result["claim"]["book"] is not None and not result["claim"]["comparable"]:
        lines.append(f"the book's figure is not comparable: {result['claim']['book_note']}")
    lines += result["notes"]
    lines.append(f"fingerprint {result['fingerprint']}")
    lines.append(f"folder {folder}")
    return lines
