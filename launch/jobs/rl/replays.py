"""The replay of a run whose checkpoints keep actions in place of observations."""

from collections.abc import Callable

from agents.agent import Learner
from launch.jobs.rl.run_spec import RunSpec
from training.played import Played, smallest
from training.pool import Pool
from training.rebuilding import rebuild
from training.unroll import Positions


def played(
    spec: RunSpec,
    learner: Learner,
    pool: Pool,
    positions: Positions | None,
    interrupted: Callable[[], bool],
) -> Played | None:
    """The record of a run's actions; None where its checkpoints keep observations.

    Where the checkpoint that the run goes on from holds actions, the learner gets its state and its
    observations first, before anything in the run's folder is touched.

    Args:
        spec: The run.
        learner: A fresh learner.
        pool: Acts; it is ready.
        positions: Where the environments are; None at the start.
        interrupted: Asked now and then whether to stop.

    Raises:
        RunError: The environment gives other observations than before, or fails.
        KeyboardInterrupt: Somebody asked for an end.
    """

    def progress(done: int, total: int) -> None:
        if interrupted():
            raise KeyboardInterrupt
        tenths = 10 * done // total  # a line for each, where there is no terminal
        spec.announce(f"rebuilding the replay: {tenths}0 % of {total:,} env steps")

    pipeline = spec.state["pipeline"] if spec.state else {}
    known = rebuild(pipeline, learner, pool, progress) if "played" in pipeline else None
    if spec.num_actions is None:
        return None
    if known is not None:
        return known
    if positions is not None:
        return Played.from_here(positions, smallest(spec.num_actions))
    return Played(spec.rollout_config.num_envs, smallest(spec.num_actions))
