"""`python -m launch list [WORD ...]`."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import tyro

from common import jsons
from common.errors import UsageError
from launch.commands.flags import PROGRAM, parse
from launch.config.run import Kind
from launch.config.serialization import to_json
from launch.experiments import catalog
from launch.experiments.experiment import Claim, Experiment

_NAME, _WIDTH, _COST = 22, 80, 7  # columns: of most names, of a terminal, of a cost
_OTHERS = "installed packages"
_REINFORCEMENT_LEARNING = 10  # its chapter


@dataclass(frozen=True, kw_only=True)
class ListArguments:
    """List the experiments, a line each, or tell everything about one of them."""

    words: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """Only experiments that these fit: a chapter's number, or a part of a name or a summary. The
    name of one experiment tells everything about it."""
    names: bool = False
    """Names only, one a line."""
    json: bool = False
    """Everything about each of them, as JSON."""
    kind: Kind | None = None
    """Only reinforcement learning, or only supervised experiments."""
    runnable: bool = False
    """Only experiments that need no file of yours: the commands make or download all they read."""


def run(arguments: Sequence[str]) -> int:
    """Lists the experiments.

    Raises:
        UsageError: No experiment fits the words.
    """
    given: ListArguments = parse(ListArguments, "list", arguments)
    chapters = {
        title: fitting
        for title, experiments in _chapters().items()
        if (fitting := {n: e for n, e in experiments.items() if _fits(given, title, n, e)})
    }
    found = {name: each for fitting in chapters.values() for name, each in fitting.items()}
    if not found:
        raise UsageError(f"list {' '.join(given.words)}: no experiment fits; see: {PROGRAM} list")
    if given.json:
        print(jsons.dumps({name: _values(each) for name, each in found.items()}, indent=2))
    elif given.names:
        print(*found, sep="\n")
    elif len(given.words) == 1 and given.words[0] in found:
        print(*_everything(given.words[0], found[given.words[0]]), sep="\n")
    else:
        print(*_lines(chapters), sep="\n")
    return 0


def _chapters() -> dict[str, Mapping[str, Experiment]]:
    theirs = {n: e for n, e in catalog.everything().items() if n not in catalog.EXPERIMENTS}
    ours = sorted(catalog.CHAPTERS.items(), key=lambda each: _order(each[0]))
    return {**dict(ours), _OTHERS: theirs}


def _order(chapter: str) -> int:
    """Reinforcement learning first, the others by their number."""
    number = int(chapter.partition(":")[0].removeprefix("chapter "))
    return 0 if number == _REINFORCEMENT_LEARNING else number


def _fits(given: ListArguments, chapter: str, name: str, experiment: Experiment) -> bool:
    """Whether an experiment is to be listed."""
    if given.kind not in (None, experiment.config.KIND) or (given.runnable and experiment.needs):
        return False
    text = f"{name} {experiment.summary} {experiment.about}".lower()
    return all(
        chapter.startswith(f"chapter {word}:") if word.isdigit() else word.lower() in text
        for word in given.words
    )


def _lines(chapters: Mapping[str, Mapping[str, Experiment]]) -> Iterator[str]:
    for title, experiments in chapters.items():
        yield f"{title}"
        for name, experiment in experiments.items():
            cost = experiment.cost.partition(" for ")[0]
            cost = "-" if cost == "not measured" else cost
            text = f"  {name:<{_NAME}} {experiment.summary}"
            yield f"{text:<{_WIDTH - _COST - 1}} {cost:>{_COST}}"
        yield ""
    yield f"cost: a whole run on 2 cores. Everything about one: {PROGRAM} list NAME"


def _everything(name: str, experiment: Experiment) -> Iterator[str]:
    yield f"{name}: {experiment.about or experiment.summary}"
    yield ""
    yield from _claim(experiment.claim)
    if experiment.cost:
        yield f"cost      {experiment.cost} on 2 cores"
    if experiment.needs:
        yield f"needs     {experiment.needs}"
    if experiment.space:
        yield f"tune      {', '.join(experiment.space)}"
    yield f"run       {PROGRAM} {name}"
    yield f"flags     {PROGRAM} {name} --help"
    yield ""
    yield "settings"
    for flag, value in _flat(to_json(experiment.config)):
        yield f"  {flag:<34} {value}"


def _claim(claim: Claim) -> Iterator[str]:
    known = {"book": claim.book, "optimum": claim.optimum}
    scores = [f"{word} {value:g}" for word, value in known.items() if value is not None]
    if scores:
        yield f"claim     {claim.metric or 'score'}: {', '.join(scores)}"
    if claim.note:
        yield f"note      {claim.note}"


def _flat(values: Mapping[str, object], before: str = "") -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _values(experiment: Experiment) -> dict[str, object]:
    return {
        "kind": experiment.config.KIND,
        "summary": experiment.summary,
        "about": experiment.about,
        "claim": dataclasses.asdict(experiment.claim),
        "cost": experiment.cost,
        "needs": experiment.needs,
        "config": to_json(experiment.config),
    }
