"""What the documents say exists: flags, commands, experiments, files, links and make targets."""

import contextlib
import functools
import io
import itertools
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from launch.cli import main
from launch.experiments import catalog

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("README.md", "CONTRIBUTING.md", "docs/**/*.md", "benchmarks/*.md")
    for path in ROOT.glob(pattern)
)
LAUNCH = "python -m launch"
FLAG = re.compile(r"(?<![\w-])--[a-z](?:[\w.-]*\w)?")
FOREIGN = ("make", "pip", "pytest", "ray", "tensorboard", "uv")
"""Tools of others, whose flags are theirs."""
_RUNNABLE = {*catalog.EXPERIMENTS, *catalog.STUDIES}
OF_A_READER = "my_module"
"""The module that stands for a reader's own."""


@dataclass(frozen=True)
class Piece:
    """Text that stands together: a line of a program, what is in backticks, or all the rest.

    Attributes:
        text: Without the backticks.
        is_code: Whether it is a program or in backticks.
        loops: What a shell's loops around it put in the place of their variables.
    """

    text: str
    is_code: bool
    loops: tuple[tuple[str, tuple[str, ...]], ...] = ()


def _pieces(document: str) -> Iterator[Piece]:
    text = (ROOT / document).read_text()
    for fenced in re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        found = re.findall(r"for (\w+) in ([^;]+); do", fenced)
        # A loop over what a command prints is tried with one number.
        loops = tuple((name, ("0",) if "$" in of else tuple(of.split())) for name, of in found)
        for line in fenced.replace("\\\n", " ").splitlines():
            yield from (Piece(part, True, loops) for part in re.split(r"; (?:do|done)\b", line))
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for span in re.findall(r"`([^`]+)`", prose):
        yield Piece(" ".join(span.split()), True)
    yield Piece(re.sub(r"`[^`]+`", "", prose), False)


@functools.cache
def _help(*command: str) -> frozenset[str]:
    """The flags that the help of a command of ours begins a line with."""
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patched, contextlib.redirect_stdout(said):
        patched.setenv("COLUMNS", "80")
        with contextlib.suppress(SystemExit):
            main([*command, "--help"])
    lines = re.findall(r"^ {0,4}(?:-h, )?(--.*)", said.getvalue(), re.MULTILINE)
    return frozenset(flag for line in lines for flag in FLAG.findall(line))


@functools.cache
def _usage() -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        main(["--help"])
    return said.getvalue().partition("\n\n")[0]


def _command_names() -> set[str]:
    return set(re.findall(rf"{LAUNCH} ([a-z]+)\b", _usage()))


def _of_experiments(*names: str) -> set[str]:
    several = set(FLAG.findall(_usage())) & {"--seeds", "--config"}
    return several.union(*(_help(name) for name in names))


@functools.cache
def _of_launch() -> set[str]:
    commands = set[str]().union(*(_help(name) for name in _command_names()))
    return commands | _of_experiments(*_RUNNABLE)


def _of_module(module: str) -> set[str]:
    """The flags that a module of `benchmarks` or `tests` adds to its parser, or has added."""
    path = ROOT / module.replace(".", "/")
    source = (path / "__main__.py" if path.is_dir() else path.with_suffix(".py")).read_text()
    for shared in ("results", "table_runs"):
        if "benchmarks" in module and shared in source:
            source += (ROOT / f"benchmarks/{shared}.py").read_text()
    return set(re.findall(r'add_(?:argument|choice)\((?:parser, )?\s*"(--[\w-]+)"', source))


@functools.cache
def _of_modules() -> set[str]:
    modules = [f"benchmarks.{path.stem}" for path in (ROOT / "benchmarks").glob("[a-z]*.py")]
    return set[str]().union(*map(_of_module, ["tests.chaos", *modules]))


def _commands(piece: Piece) -> Iterator[list[str]]:
    """The words after `python -m launch`, or of a command of ours that is told without it."""
    before, is_whole, rest = piece.text.partition(LAUNCH)
    text = rest if is_whole else before
    used = [(name, values) for name, values in piece.loops if f"${name}" in text]
    for values in itertools.product(*(values for _, values in used)):
        tried = text
        for (name, _), value in zip(used, values, strict=True):
            tried = tried.replace(f"${name}", value)
        try:
            words = shlex.split(tried, comments=True)
        except ValueError:  # no shell's line, such as one of Python
            return
        named = bool(words) and (words[0] in _command_names() or words[0] in _RUNNABLE)
        if words and (is_whole or (named and FLAG.search(tried))):
            yield words


def _is_known(name: str) -> bool:
    return name in catalog.STUDIES or catalog.find(name) is not None


def _is_placeholder(word: str) -> bool:
    return not re.search(r"[a-z]", word) or word.startswith(OF_A_READER)


def wrong_in(words: list[str]) -> list[str]:
    """What is unknown of a command of ours: its experiments and its flags."""
    flags = [word.partition("=")[0] for word in words if word.startswith("--")]
    if words[0] == "--config":
        return [flag for flag in flags[1:] if flag not in _of_launch() | {"--help"}]
    verb = words[0] if words[0] in _command_names() else ""
    names = list(itertools.takewhile(lambda word: not word.startswith("-"), words))
    if verb and verb != "tune":
        names = []
    elif verb:
        names = names[1:2]
    real = [name for name in names if not _is_placeholder(name)]
    unknown = [name for name in real if not _is_known(name)]
    if unknown or len(real) < len(names):
        return unknown + [flag for flag in flags if flag not in _of_launch() | {"--help"}]
    known = _of_experiments(*real) if names else set()
    known |= set(_help(verb)) if verb else set()
    return [flag for flag in flags if flag not in known | {"--help"}]


def _wrong(piece: Piece) -> list[str]:
    """Everything unknown in a piece."""
    if piece.is_code and (commands := list(_commands(piece))):
        return [word for words in commands for word in wrong_in(words)]
    if piece.is_code and piece.text.lstrip().startswith(tuple(f"{tool} " for tool in FOREIGN)):
        return []
    module = re.search(r"python -m ((?:benchmarks|tests)[\w.]*)", piece.text)
    known = _of_module(module[1]) if module else _of_launch() | _of_modules()
    return [flag for flag in FLAG.findall(piece.text) if flag not in known]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_flag_and_every_command_exists(document):
    assert [
        f"{word} in: {piece.text[:80]}" for piece in _pieces(document) for word in _wrong(piece)
    ] == []


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        (f"{LAUNCH} dqn_cartpole --seed 1 --until-solved", []),
        (f"{LAUNCH} tensors mlp_bank --seeds 0-4 --fit.epochs 2  # both", []),
        (f"{LAUNCH} dqn_cartpol --seed 1", ["dqn_cartpol"]),
        (f"{LAUNCH} tensors --fit.epochs 2", ["--fit.epochs"]),
        (f"{LAUNCH} resume RUN --sampler tpe", ["--sampler"]),
        (f"{LAUNCH} tune mlp_bank --sampler tpe --fit.epochs 2 --nonsense", ["--nonsense"]),
        (f"{LAUNCH} my_module:MINE --agent.anything 3 --workers 2", ["--agent.anything"]),
        ("dqn --env Acrobot-v1 --steps 3", ["--steps"]),
        ("--faults.hang-seconds", ["--faults.hang-seconds"]),
        ("python -m tests.chaos --only 7 --trials 3", ["--trials"]),
        ("python -m benchmarks.race --repeats 3 --millions 2", ["--millions"]),
        (f"ray job submit --working-dir . -- {LAUNCH} …", []),
        ("tensorboard --logdir runs", []),
    ],
)
def test_what_is_unknown_is_found(text, unknown):
    assert _wrong(Piece(text, True)) == unknown


def test_every_flag_of_a_loop_is_looked_at():
    loops = (("e", ("tensors", "no_such")), ("s", ("0",)))
    assert _wrong(Piece(f"{LAUNCH} $e --seed $s --fog", True, loops)) == [
        *("--fog", "no_such", "--fog"),
    ]


def test_the_flags_are_those_of_the_command_line():
    assert {"--seeds", "--env-steps", "--sampler", "--user", "--data-cache"} <= _of_launch()
    assert {"--episodes", "--video"} <= _help("evaluate")
    assert {"--until-solved", "--no-until-solved", "--agent.learning-rate"} <= _help("dqn")
    assert {"--only", "--quick", "--repeats"} <= _of_modules()


ARCHITECTURE = "docs/architecture.md"
ROOMS = sorted(path.name for path in ROOT.glob("[a-z]*/"))


def _has(room: str, name: str) -> bool:
    return any((ROOT / room).glob(f"**/{name}"))


def test_every_file_that_the_architecture_names_exists():
    spans = [piece.text for piece in _pieces(ARCHITECTURE) if piece.is_code]
    to_be_added = re.findall(r"a folder `([^`]+)`", (ROOT / ARCHITECTURE).read_text())
    named = [
        span.partition(":")[0]
        for span in spans
        if re.fullmatch(r"[\w./-]+(:\w+)?", span) and span not in to_be_added
    ]
    paths = [path for path in named if "/" in path and path.partition("/")[0] in ROOMS]
    assert len(paths) > 20
    assert [path for path in paths if not (ROOT / path).exists()] == []
    files = [name for name in named if name.endswith(".py") and "/" not in name]
    assert len(files) > 3
    assert [name for name in files if not any(_has(room, name) for room in ROOMS)] == []


def test_every_file_in_the_architectures_tree_exists():
    (tree,) = re.findall(
        r"## The rooms\n\n```\n(.*?)```", (ROOT / ARCHITECTURE).read_text(), re.DOTALL
    )
    room, named = "", []
    for line in tree.splitlines():
        if top := re.match(r"(\w+)/", line):
            room = top[1]
        named += [(room, name) for name in re.findall(r"\w+\.py\b", line)]
    assert len(named) > 50
    assert [each for each in named if not _has(*each)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_experiment_in_a_table_exists(document):
    text = (ROOT / document).read_text()
    tables = re.findall(r"^\| experiment \|.*\n\| ---.*\n((?:\|.*\n)+)", text, re.MULTILINE)
    names = [row.split("|")[1].strip() for table in tables for row in table.splitlines()]
    assert [name for name in names if not _is_known(name)] == []
    assert names or document not in ("README.md", "docs/agents/results.md", "docs/results.md")


def test_every_experiment_that_the_readme_names_exists():
    spans = [p.text for p in _pieces("README.md") if p.is_code]
    names = [span for span in spans if re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", span)]
    assert "rnn_spam" in names
    assert [name for name in names if not _is_known(name)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_somewhere(document):
    text = re.sub(r"^```.*?^```", "", (ROOT / document).read_text(), flags=re.M | re.S)
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    folder = (ROOT / document).parent
    inside = [link for link in links if not link.startswith(("http:", "https:"))]
    assert [link for link in inside if not (folder / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_exists(document):
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"train", "test", "ledger"} <= targets
    code = [piece.text for piece in _pieces(document) if piece.is_code]
    named = [target for text in code for target in re.findall(r"^make ([\w-]+)", text)]
    assert [target for target in named if target not in targets] == []
