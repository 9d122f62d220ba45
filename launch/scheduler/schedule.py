"""Chooses where runs are executed: on one cluster, or in this process."""

from collections.abc import Callable, Iterable, Sequence

from launch.config.run import RunConfig
from launch.scheduler import in_process
from launch.scheduler.run import Outcome, Run
from launch.terminal.console import say
from launch.terminal.interrupts import Interrupts
from launch.terminal.last_words import last_words
from launch.terminal.progress import ProgressDisplay
from launch.terminal.typed import tensorboard


def execute(
    runs: Iterable[Run | None],
    configs: Sequence[RunConfig],
    finished: Callable[[Outcome], None] = lambda outcome: None,
    *,
    tells_ends: bool = True,
    left: Callable[[], int] | None = None,
    watched: Iterable[str] = (),
) -> list[Outcome]:
    """Executes runs, on a cluster where all of them want one, and returns their outcomes in order.

    Args:
        runs: The runs; None stands for one that cannot be named before another one has ended.
        configs: Their configs, as far as they are known, which say where they are executed.
        finished: Told each outcome as it comes.
        tells_ends: Whether each outcome is told to the person at the terminal, in a line.
        left: How many runs are under way or may still come, where that is not told by `configs`.
        watched: Folders in which TensorBoard finds the runs, which is told once their data are
            found.

    Raises:
        UsageError: They cannot run together, or not here, or their data are not to be had.
        RunError: Ray cannot start.
        KeyboardInterrupt: Somebody insisted on an end; what was kept is kept.
    """
    for config in configs:
        config.look_for_data()
    for folder in watched:
        say(f"watch the {len(configs)} runs: {tensorboard(folder)}")
    display = ProgressDisplay(tells_ends=tells_ends, left=left)
    display.expect(len(configs) if left is None else left())
    with Interrupts() as interrupted:
        if not all(config.uses_ray for config in configs):
            return in_process.execute(runs, display, interrupted, finished)
        from launch.cluster.connection import connected
        from launch.scheduler import on_cluster

        say("starting Ray")
        modules = {module for config in configs for module in config.modules}
        address = next((c.address for c in configs if c.address is not None), None)
        with connected(address, modules):
            interrupted.listen()  # Ray has taken SIGTERM
            if interrupted():
                raise KeyboardInterrupt
            with last_words(
                "error: the jobs died on the spot (out of memory, or Ray's node was killed); "
                "continue with the same command, without --vary with --unfinished resume "
                "--finished keep"
            ):
                return on_cluster.execute(runs, display, interrupted, finished)


def execute_alone(run: Run) -> Outcome:
    """Executes one run in this process; it may start Ray for workers of its own.

    Raises:
        KeyboardInterrupt: Somebody insisted on an end; what was kept is kept.
    """
    with ProgressDisplay() as display, Interrupts() as interrupted:
        return run.execute(display, interrupted)
