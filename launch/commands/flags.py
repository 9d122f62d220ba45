"""Flags into settings, and what is wrong with them in one line."""

import contextlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

import tyro
from tyro.constructors import ConstructorRegistry, PrimitiveConstructorSpec, PrimitiveTypeInfo

from common.errors import UsageError
from common.settings import InvalidSetting, require
from common.text import reason
from launch.commands import explanations
from launch.config.run import RunConfig
from launch.experiments import elsewhere
from launch.experiments.experiment import Experiment
from launch.terminal.console import Style
from launch.terminal.help_text import flowing
from launch.terminal.typed import PROGRAM

C = TypeVar("C", bound=RunConfig)

RunFolder = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
"""The folder of a run, as an argument without a flag."""
_MOST_SEEDS = 10_000
INTERRUPTED, BROKEN_PIPE = 130, 141
"""Exit codes: stopped by Ctrl-C; nobody reads the output any more."""


@dataclass(frozen=True, kw_only=True)
class TerminalFlags:
    """What is told while something runs."""

    quiet: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Tell nothing but warnings, errors and the result."""
    json_lines: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Tell everything as JSON on standard output, an object a line, for a program that reads it."""

    def __post_init__(self) -> None:
        if self.quiet and self.json_lines:
            raise InvalidSetting("--quiet and --json-lines exclude each other")

    @property
    def style(self) -> Style:
        """How things are told."""
        return "json" if self.json_lines else "quiet" if self.quiet else "lines"


@dataclass(frozen=True, kw_only=True)
class Command(Generic[C]):
    """Everything that a command which runs an experiment takes."""

    config: Annotated[C, tyro.conf.arg(name="")]
    seeds: Annotated[str | None, tyro.conf.arg(metavar="0-4")] = None
    """Several runs, one with each of these seeds, such as 0-4 or 1,3,7."""
    vary: Annotated[tuple[str, ...], tyro.conf.arg(metavar="[SETTING=A,B ...]")] = ()
    r"""A sweep: every choice of these values, with every seed, in OUT/NAME-sweep; such as
    agent.n-step=1,3 "agent.hidden-sizes=64 64,256 256": commas part values (a comma inside one is
    \,), blanks part the elements of one. The same command again goes on with it."""
    retries: int = 1
    """In a sweep, times a run that failed is tried again."""
    json: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """At the end of a sweep, its rows as JSON in place of the table."""
    terminal: Annotated[TerminalFlags, tyro.conf.arg(name="")] = TerminalFlags()

    def __post_init__(self) -> None:
        require(self.retries >= 0, "retries", "must be 0 or more", self.retries)


def parse(kind: type[Any], command: str, arguments: Sequence[str]) -> Any:
    """The arguments of a command as `kind`, a dataclass."""
    return read(kind, arguments, prog=f"{PROGRAM} {command}", registry=WHOLE_NUMBERS)


def override(name: str, default: Any, arguments: Sequence[str]) -> Any:
    """An experiment's config with flags applied.

    Raises:
        UsageError: A value is outside its range, or a flag has another name here.
        SystemExit: A flag is unknown or cannot be read; it is explained, with the nearest ones.
    """
    refuse_foreign(name, default, arguments)
    return read(type(default), arguments, default=default, **_options(name))


def command(name: str, experiment: Experiment, arguments: Sequence[str]) -> Command[RunConfig]:
    """What a command that runs one experiment asks for.

    Raises:
        UsageError: A value is outside its range, or a flag has another name here.
        SystemExit: A flag is unknown or cannot be read; it is explained, with the nearest ones.
    """
    refuse_foreign(name, experiment.config, arguments)
    return _read_command(name, experiment, arguments)


def command_of_known(
    name: str, experiment: Experiment, arguments: Sequence[str]
) -> tuple[Command[RunConfig], list[str]]:
    """What a command asks of one experiment, and the arguments that are none of its flags.

    Raises:
        UsageError: A value is outside its range.
    """
    return _read_command(name, experiment, arguments, return_unknown_args=True)


WHOLE_NUMBERS = ConstructorRegistry()
"""Lets tyro take 1e5 as 100000 where a whole number is expected, and nowhere else."""


@WHOLE_NUMBERS.primitive_rule
def _whole_numbers(kind: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[int] | None:
    if kind.type is not int:
        return None
    return PrimitiveConstructorSpec(
        nargs=1,
        metavar="INT",
        instance_from_str=lambda words: _whole(words[0]),
        is_instance=lambda value: isinstance(value, int) and not isinstance(value, bool),
        str_from_instance=lambda value: [str(value)],
    )


def _whole(word: str) -> int:
    short = re.fullmatch(r"(\d+)e(\d{1,2})", word)
    return int(short[1]) * 10 ** int(short[2]) if short else int(word)


def refuse_foreign(name: str, config: RunConfig, arguments: Sequence[str]) -> None:
    """Says what a flag that other libraries have is called here.

    Raises:
        UsageError: One of the arguments is such a flag, and the experiment has that setting.
    """
    given = [argument.partition("=")[0] for argument in arguments if argument.startswith("--")]
    found = [told for flag in given if (told := elsewhere.called_here(flag, config))]
    if found:
        raise UsageError(f"{'; '.join(found)}; see: {PROGRAM} {name} --help")


def _read_command(
    name: str, experiment: Experiment, arguments: Sequence[str], **options: Any
) -> Any:
    return read(
        Command[type(experiment.config)],
        arguments,
        default=Command(config=experiment.config),
        description=f"{name}: {experiment.summary}",
        **_options(name),
        **options,
    )


def _options(name: str) -> dict[str, Any]:
    return {
        "prog": f"{PROGRAM} {name}",
        "config": (tyro.conf.AvoidSubcommands,),
        "registry": WHOLE_NUMBERS,
    }


def read(kind: Any, arguments: Sequence[str], **options: Any) -> Any:
    """Arguments as `kind`, by tyro and its options.

    Raises:
        UsageError: A value is outside its range.
        SystemExit: Help was asked for, or a flag is unknown or cannot be read.
    """
    with invalid_settings_in_one_line(), flowing(arguments):
        return tyro.cli(kind, args=arguments, **options)


@contextlib.contextmanager
def invalid_settings_in_one_line() -> Iterator[None]:
    """Says in one line which flags cannot be read, and what our own checks refuse."""
    explained = io.StringIO()
    try:
        with contextlib.redirect_stderr(explained):
            yield
    except (InvalidSetting, SystemExit) as stop:
        error: BaseException | None = stop
        while error is not None and not isinstance(error, InvalidSetting):
            error = error.__context__
        if error is not None:
            raise UsageError(str(error)) from None
        if boxed := explained.getvalue():
            raise UsageError(explanations.in_one_line(boxed)) from None
        raise


@contextlib.contextmanager
def writing(out: Path) -> Iterator[None]:
    """Lets a command write what `--out` names.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be written ({reason(error)})") from None


def seeds(text: str) -> list[int]:
    """The seeds that "0-4", "1,3" or "0-2,7" names.

    Raises:
        UsageError: It names none, one twice, or too many.
    """
    found: list[int] = []
    for part in text.split(","):
        named = re.fullmatch(r"\s*(\d+)(?:-(\d+))?\s*", part)
        first, last = (int(named[1]), int(named[2] or named[1])) if named else (1, 0)
        if first > last:
            raise UsageError(f"--seeds {text}: expected such as 0-4 or 1,3,7")
        if len(found) + last - first >= _MOST_SEEDS:
            raise UsageError(f"--seeds {text}: more than {_MOST_SEEDS:,} seeds; name fewer")
        found += range(first, last + 1)
    if len(set(found)) < len(found):
        raise UsageError(f"--seeds {text}: names a seed twice")
    return found
