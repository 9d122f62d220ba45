"""Curves, pictures and films, none of which a training waits for."""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from common.findings import Finding, ok, warn
from common.text import one_line
from launch.diagnosis import probe
from launch.diagnosis.finding import Check

_FONT = "DejaVu Sans"  # Matplotlib brings it
_ENVIRONMENT = "CartPole-v1"
_SECONDS = 60.0
_DRAWING = """
import json, sys
import gymnasium
environment = gymnasium.make(sys.argv[1], render_mode="rgb_array")
environment.reset(seed=0)
print(json.dumps(environment.render().shape))
environment.close()
"""


def checks() -> dict[str, Check]:
    """The checks of this group."""
    return {
        "TensorBoard": tensorboard,
        "drawing": lambda: drawing(_ENVIRONMENT),
        "films": films,
        "fonts": lambda: fonts(_FONT),
    }


def tensorboard() -> Finding:
    """Whether the command that shows the curves is there."""
    if find_spec("tensorboard") is None:
        return warn("TensorBoard", "not installed", "pip install tensorboard")
    beside = Path(sys.executable).with_name("tensorboard")
    command = shutil.which("tensorboard") or (beside if beside.exists() else None)
    if command is None:
        mend = "python -m tensorboard.main --logdir runs"
        return warn("TensorBoard", "here, but its command is not on the PATH", mend)
    return ok("TensorBoard", f"tensorboard --logdir runs ({command})")


def drawing(environment: str) -> Finding:
    """Whether an environment can be drawn, which needs no display."""
    outcome = probe.attempt(_DRAWING, environment, seconds=_SECONDS)
    if outcome.value is None:
        mend = "pip install 'gymnasium[classic-control]'"
        return warn("drawing", f"{environment} cannot be drawn: {outcome.error}", mend)
    height, width, _ = outcome.value
    return ok("drawing", f"{environment} in {width} x {height}, without a display")


def films(program: str | None = None) -> Finding:
    """Whether the program that writes films runs.

    Args:
        program: Its path; None takes the one that imageio brings.
    """
    mend = "pip install --force-reinstall imageio-ffmpeg"
    try:
        if program is None:
            from imageio_ffmpeg import get_ffmpeg_exe

            program = get_ffmpeg_exe()
        said = subprocess.run(
            [program, "-version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (ImportError, OSError, RuntimeError, subprocess.SubprocessError) as error:
        return warn("films", f"ffmpeg does not run: {one_line(error)}", mend)
    return ok("films", " ".join(said.split()[:3]))


def fonts(name: str) -> Finding:
    """Whether Matplotlib finds the font of its pictures."""
    from matplotlib import font_manager

    try:
        path = font_manager.findfont(name, fallback_to_default=False)
    except ValueError:
        mend = "pip install --force-reinstall --no-deps matplotlib"
        return warn("fonts", f"Matplotlib does not find {name}", mend)
    return ok("fonts", f"{name} ({Path(path).name}); pictures need no display")
