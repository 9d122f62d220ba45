"""Jobs on one cluster, or here without one."""

from collections.abc import Callable, Iterable, Sequence

from launch.configs import RunConfig, SupervisedConfig
from launch.interrupts import Interrupts
from launch.scheduling.planned import JobOutcome, Planned


def run(
    jobs: Iterable[Planned | None],
    configs: Sequence[RunConfig],
    finished: Callable[[JobOutcome], None] = lambda outcome: None,
) -> list[JobOutcome]:
    """Runs jobs; returns their outcomes in their order.

    Args:
        jobs: What to run; None stands for a job that waits for the end of another one.
        configs: Their configs, which say where they run.
        finished: Told each outcome as it comes.

    Raises:
        UsageError: They cannot run together, or not here.
        RunError: Ray cannot start.
        KeyboardInterrupt: Somebody insisted on an end; what was kept is kept.
    """
    with Interrupts() as interrupted:
        if any(_is_local(config) for config in configs):
            from launch.scheduling import local

            return local.run(jobs, interrupted, finished)
        from launch.cluster import connected
        from launch.console import say
        from launch.scheduling import scheduler
        from launch.sentinel import last_words

        say("starting Ray")
        modules = {module for config in configs for module in config.modules}
        with connected(_address(configs), modules):
            interrupted.listen()  # Ray has taken SIGTERM
            if interrupted():
                raise KeyboardInterrupt
            with last_words(
                "error: the jobs died on the spot (out of memory, or Ray's node was killed); "
                "continue with: the same command and --unfinished resume"
            ):
                return scheduler.run(jobs, interrupted, finished)


def _is_local(config: RunConfig) -> bool:
    if isinstance(config, SupervisedConfig):
        return config.schedule.local
    return config.placement.workers == 0


def _address(configs: Sequence[RunConfig]) -> str | None:
    places = [c.schedule if isinstance(c, SupervisedConfig) else c.placement for c in configs]
    return next((place.address for place in places if place.address is not None), None)
