"""Films of a policy acting, and strips of them, from Gymnasium's own rendering."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any

from agents.agent import Agent
from agents.weights import Weights
from common.errors import RAISED, UsageError
from common.text import one_line
from envs import naming, registry, rendering
from envs.sources import EnvSource, UnusableEnvironment, configured, label
from launch.jobs.rl import film_process
from launch.jobs.rl.moments import Moment, moments
from launch.jobs.rl.saliency import Saliency, saliency
from launch.run_folder.files import replacing, try_to_write, unwritable
from launch.terminal.console import say
from training import evaluate
from training.callbacks import Callback
from training.evaluation import Evaluation
from training.events import EndStatus
from training.loop import Training

_LOG = logging.getLogger(__name__)
SUFFIXES = (".mp4", ".gif", ".png")
_SECONDS = 1.5
"""CPU seconds that the film of a run is played for; what was drawn until then is the film."""
_LONGEST = 10.0
"""Wall seconds that it is played for at most, on a machine that is busy with something else."""
_EPISODES = 100
_SEEN = 4_096
"""Numbers of a picture at most for which the film of a run shows what values depend on: with more,
there is time for a second or two of the game only."""


def check_path(path: Path) -> None:
    """Makes sure a film can be written there.

    Raises:
        UsageError: An unknown kind of film, or a place where none can be written.
    """
    if path.suffix not in SUFFIXES:
        raise UsageError(f"--video {path}: the name must end in one of {', '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise UsageError(f"--video {path}: the folder {path.parent} does not exist")
    try:
        try_to_write(path)
    except OSError as error:
        raise unwritable("--video", path, error) from None


def check_env(env: EnvSource) -> None:
    """Makes sure an environment can be filmed.

    Raises:
        UsageError: It draws no pictures.
    """
    try:
        rendering.check_rendering(env)
    except UnusableEnvironment as error:
        raise UsageError(str(error)) from None


class Film(Callback):
    """Films the kept policy, after everything but the result of a finished run is written."""

    def __init__(
        self,
        path: Path,
        steps: int,
        *,
        epsilon: float,
        workers: bool,
        say: Callable[[str], None],
    ):
        """Makes the callback.

        Args:
            path: The film's file.
            steps: Steps to film at most.
            epsilon: Share of random actions, as in the run's evaluations.
            workers: Whether environments have processes of their own: one that is not trusted is
                filmed in another process then.
            say: Tells why there is no film.
        """
        self._path, self._steps, self._epsilon = path, steps, epsilon
        self._workers, self._say = workers, say

    def on_end(self, training: Training, status: EndStatus) -> None:
        if status != "finished" or training.interrupted():
            return
        env, agent = training.env, training.agent
        plan = evaluate.final(
            _EPISODES, training.seed, random=agent.acts_randomly, epsilon=self._epsilon
        )
        training.tell("on_activity", "filming")
        try:
            if "rgb_array" not in rendering.render_modes(env):
                self._say(f"no film: {label(env)} draws no pictures")
                return
            self._record(env, agent, training.kept_weights, plan)
        except RAISED as error:  # of an environment: a film is no reason to fail
            _LOG.warning("no film: %s: %s", type(error).__name__, one_line(error))

    def _record(self, env: EnvSource, agent: Agent, weights: Weights, plan: Evaluation) -> None:
        here = not self._workers or registry.is_trusted(env)
        if not here and not isinstance(configured(env).source, str):
            self._say(f"no film of {label(env)} beside workers: no other process can make it")
            return
        film = record if here else film_process.record
        film(self._path, env, agent, weights, plan, steps=self._steps, seconds=_SECONDS)


def record(
    path: Path,
    env: EnvSource,
    agent: Agent,
    weights: Weights,
    evaluation: Evaluation,
    *,
    steps: int | None = None,
    seconds: float | None = None,
) -> list[float]:
    """Films the episodes of an evaluation, with what the agent takes actions to be worth.

    Beside an agent that sees pictures it shows what it sees, and what the values depend on.

    Args:
        path: The film's file; of a .png, a strip with some moments of each episode.
        env: The environment.
        agent: The agent.
        weights: What the policy acts with.
        evaluation: Whose episodes to show.
        steps: Steps to film; None films all episodes.
        seconds: CPU seconds after which the film ends, but not before its first frame; None for
            no limit.

    Returns:
        The returns of the filmed episodes, the last one perhaps unfinished.
    """
    returns: list[float] = []
    names = naming.action_names(env)
    looks = saliency(env, agent, weights, largest=None if seconds is None else _SEEN)
    if looks is None and seconds is None and agent.sees == "picture":
        say(
            "the film shows no saliency: it is drawn of pictures [height, width, channels] of 5 "
            "pixels and more each way"
        )
    with closing(moments(env, agent, weights, evaluation, "rgb_array")) as played:
        shown = _limited(played, steps, seconds, returns)
        with replacing(path) as unfinished:
            if path.suffix == ".png":
                from launch.jobs.rl import strips  # Pillow

                strips.write(unfinished, shown, names, looks)
            else:
                _write_film(unfinished, shown, names, looks)
    return returns


def _limited(
    played: Iterator[Moment], steps: int | None, seconds: float | None, returns: list[float]
) -> Iterator[Moment]:
    """The moments until steps or time are over; notes the return of each episode.

    Time counts from the first one: what draws is imported before it.
    """
    used, began = time.process_time(), time.monotonic()
    for taken, moment in enumerate(played, start=1):
        if moment.step == 1:
            returns.append(0.0)
        returns[-1] += moment.reward
        if taken == 1:
            used, began = time.process_time(), time.monotonic()
        yield moment
        if taken == steps:
            return
        if seconds is not None and (
            time.process_time() - used > seconds or time.monotonic() - began > _LONGEST
        ):
            return


def _write_film(
    path: Path, shown: Iterator[Moment], names: Sequence[str], looks: Saliency | None
) -> None:
    from launch.jobs.rl.captions import Captions  # Pillow

    draw, first = Captions(names, looks), next(shown)
    pictures = (draw(moment) for moment in chain([first], shown))
    write = _write_gif if path.suffix == ".gif" else _write_mp4
    write(path, pictures, first.fps)


def _write_mp4(path: Path, pictures: Iterator[Any], fps: float) -> None:
    import imageio.v2

    format: Any = "FFMPEG"  # imageio's annotation knows no names
    writer: Any
    with imageio.v2.get_writer(path, format=format, fps=fps, macro_block_size=2) as writer:
        for picture in pictures:
            writer.append_data(picture)


def _write_gif(path: Path, pictures: Iterator[Any], fps: float) -> None:
    from PIL import Image

    first, *rest = (Image.fromarray(picture).quantize(64) for picture in pictures)
    first.save(path, save_all=True, append_images=rest, duration=1000 / fps, loop=0)
