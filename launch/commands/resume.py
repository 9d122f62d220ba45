"""`python -m launch resume RUN`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from envs.faults import OnFault
from launch.commands.flags import (
    RunFolder,
    TerminalFlags,
    invalid_settings_in_one_line,
    parse,
)
from launch.terminal.console import speaking


@dataclass(frozen=True, kw_only=True)
class ResumeArguments:
    """Continue an unfinished run from its newest checkpoint, to the same bits.

    With --env-steps a finished one goes on as well.
    """

    run: RunFolder
    """The run's folder."""
    env_steps: int | None = None
    """The run of an agent: a new budget, above the steps already taken. What it has come to so far
    is kept in RUN/ends. Schedules over the budget (the learning rate's) go over the new one, from
    this step of it on."""
    workers: int | None = None
    """Workers from here on; default: as before. With 0 the run of an agent goes on without Ray and
    GPUs. A supervised run takes another number only if it has workers, and then not 0."""
    servers: int | None = None
    """A supervised run with workers: its parameter servers from here on; default: as before."""
    address: str | None = None
    """Cluster from here on; `local` for one on this machine. Default: as before."""
    learner_gpus: float | None = None
    """GPUs of the learner from here on; default: as before."""
    worker_gpus: float | None = None
    """GPUs of each worker from here on; default: as before."""
    on_fault: OnFault | None = None
    """What becomes of a failing environment from here on, `fail` or `drop`; default: as before."""
    hang_seconds: float | None = None
    """Seconds after which an environment counts as hung from here on; default: as before."""
    max_restarts: int | None = None
    """Workers that may be replaced in the life of the run; default: as before."""
    local: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """A supervised run: in this process from here on, without Ray; default: as before."""
    data_dir: Path | None = None
    """A supervised run: where its data are now; default: as before."""
    max_retries: int | None = None
    """A supervised run: times it is started again after its worker died; default: as before."""
    terminal: Annotated[TerminalFlags, tyro.conf.arg(name="")] = TerminalFlags()


def run(arguments: Sequence[str]) -> int:
    """Continues a run."""
    given: ResumeArguments = parse(ResumeArguments, "resume", arguments)
    changes = {name: value for name, value in vars(given).items() if value is not None}
    if not given.local:
        del changes["local"]  # as before
    folder, terminal = changes.pop("run"), changes.pop("terminal")
    from launch.commands.outcomes import execute
    from launch.jobs import kinds
    from launch.run_folder.ends import refuse_end
    from launch.run_folder.result import refuse_finished

    refuse_end(folder)
    with invalid_settings_in_one_line():
        run = kinds.read(folder, arguments).resumed(changes)
    if given.env_steps is None:
        refuse_finished(folder)
    with speaking(terminal.style):
        return execute([run])
