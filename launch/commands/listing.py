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
from launch.experiments.catalog import Chapter
from launch.experiments.experiment import Claim, Experiment

_NAME, _WIDTH, _COST = 22, 80, 7  # columns: of most names, of a terminal, of a cost
_FIRST = 10  # the chapter of reinforcement learning


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
    chapters = [
        dataclasses.replace(chapter, experiments=fitting)
        for chapter in _chapters()
        if (fitting := {n: e for n, e in chapter.experiments.items() if _fits(given, chapter, n)})
    ]
    found = {name: each for chapter in chapters for name, each in chapter.experiments.items()}
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


def _chapters() -> list[Chapter]:
    """Reinforcement learning first, then the other chapters, then experiments of packages."""
    theirs = {n: e for n, e in catalog.everything().items() if n not in catalog.EXPERIMENTS}
    ours = sorted(catalog.CHAPTERS, key=lambda c: (c.number != _FIRST, c.number))
    return [*ours, Chapter(0, "installed packages", theirs)]


def _fits(given: ListArguments, chapter: Chapter, name: str) -> bool:
    """Whether an experiment of a chapter is to be listed."""
    experiment = chapter.experiments[name]
    if given.kind not in (None, experiment.config.KIND) or (given.runnable and experiment.needs):
        return False
    text = f"{name} {experiment.summary} {experiment.about}".lower()
    return all(
        int(word) == chapter.number if word.isdecimal() else word.lower() in text
        for word in given.words
    )


def _lines(chapters: Sequence[Chapter]) -> Iterator[str]:
    for chapter in chapters:
        yield f"chapter {chapter.number}: {chapter.title}" if chapter.number else chapter.title
        for name, experiment in chapter.experiments.items():
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
