"""`python -m launch list [WORD ...]`."""

import dataclasses
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from common import jsons
from common.errors import UsageError
from launch.commands import listing_page, listing_table, places
from launch.commands.flags import PROGRAM, parse
from launch.commands.places import Places
from launch.commands.printing import show
from launch.config.execution import DataConfig
from launch.config.run import Kind
from launch.config.serialization import to_json
from launch.experiments import catalog
from launch.experiments.catalog import Chapter
from launch.experiments.experiment import Experiment
from launch.experiments.study import Study

_FIRST = 10  # the chapter of reinforcement learning


@dataclass(frozen=True, kw_only=True)
class ListArguments:
    """List the experiments, a line each, or tell everything about one of them."""

    words: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """Only experiments that these fit: a chapter's number, a data set, or a part of a name or a
    summary. The name of one experiment tells everything about it."""
    names: bool = False
    """Names only, one a line."""
    json: bool = False
    """Everything about each of them, as JSON."""
    kind: Kind | None = None
    """Only reinforcement learning, or only supervised experiments."""
    runnable: bool = False
    """Only experiments that need no file of yours: the commands make or download all they read."""
    here: bool = False
    """Only experiments that can run now without the internet: their data are made, in the folder of
    data or downloads, or at least as a sample in an installed package."""
    data_dir: Path | None = None
    """Folder with a sub-folder for each data set."""
    data_cache: Path = DataConfig().data_cache
    """Folder of downloads."""


def run(arguments: Sequence[str]) -> int:
    """Lists the experiments.

    Raises:
        UsageError: No experiment fits the words, or the folder of data is none.
    """
    given: ListArguments = parse(ListArguments, "list", arguments)
    found = Places(given.data_dir, given.data_cache)
    fitting_in = (_fitting(given, chapter, found) for chapter in _chapters())
    chapters = [chapter for chapter in fitting_in if chapter.experiments]
    studies = [
        (number, title, fitting)
        for number, title, shelf in catalog.STUDY_CHAPTERS
        if (fitting := {n: s for n, s in shelf.items() if _study_fits(given, number, n)})
    ]
    names = [name for chapter in chapters for name in chapter.experiments]
    if len(given.words) == 1 and given.words[0] in catalog.STUDIES and not given.json:
        return _show_study(given.words[0])
    if not names and not studies:
        raise UsageError(_nothing_fits(given))
    if given.json:
        told = {n: _of_study(number, s) for number, _, all_ in studies for n, s in all_.items()}
        print(jsons.dumps(_values(chapters, found) | told, indent=2))
    elif given.names:
        print(*names, sep="\n")
    elif len(given.words) == 1 and given.words[0] in names:
        name = given.words[0]
        show(listing_page.lines(name, catalog.get(name), found))
    else:
        show(listing_table.lines(chapters, found, studies))
    return 0


def _show_study(name: str) -> int:
    show(listing_page.of_study(name, catalog.STUDIES[name]))
    return 0


def _chapters() -> list[Chapter]:
    """Reinforcement learning first, then the other chapters, then experiments of packages."""
    ours = sorted(catalog.CHAPTERS, key=lambda c: (c.number != _FIRST, c.number))
    known = {name for chapter in ours for name in chapter.experiments}
    theirs = {n: e for n, e in catalog.everything().items() if n not in known}
    return [*ours, Chapter(0, "installed packages", theirs)]


def _fitting(given: ListArguments, chapter: Chapter, found: Places) -> Chapter:
    """A chapter with those of its experiments that are to be listed."""
    kept = {n: e for n, e in chapter.experiments.items() if _fits(given, chapter, n, found)}
    return dataclasses.replace(chapter, experiments=kept)


def _fits(given: ListArguments, chapter: Chapter, name: str, found: Places) -> bool:
    """Whether an experiment of a chapter is to be listed."""
    experiment = chapter.experiments[name]
    if given.kind not in (None, experiment.config.KIND) or (given.runnable and experiment.needs):
        return False
    if given.here and not places.is_here(experiment, found):
        return False
    sets = " ".join(places.read_by(experiment))
    text = f"{name} {experiment.summary} {experiment.about} {sets}".lower()
    return all(
        int(word) == chapter.number if word.isdecimal() else word.lower() in text
        for word in given.words
    )


def _study_fits(given: ListArguments, number: int, name: str) -> bool:
    """Whether a study is to be listed; it needs nothing that its experiments do not."""
    study = catalog.STUDIES[name]
    if given.kind is not None or given.runnable or given.here:
        return False
    text = f"{name} studies {study.summary} {study.claim} {' '.join(study.experiments)}".lower()
    return all(
        int(word) == number if word.isdecimal() else word.lower() in text for word in given.words
    )


def _nothing_fits(given: ListArguments) -> str:
    known = [*catalog.everything(), *catalog.STUDIES]
    near = [n for word in given.words for n in difflib.get_close_matches(word, known, n=1)]
    hint = f"did you mean {near[0]}?" if near else f"see: {PROGRAM} list"
    return f"list {' '.join(given.words)}: no experiment fits; {hint}"


def _values(chapters: Sequence[Chapter], found: Places) -> dict[str, object]:
    return {
        name: _of_one(chapter, experiment, found)
        for chapter in chapters
        for name, experiment in chapter.experiments.items()
    }


def _of_one(chapter: Chapter, experiment: Experiment, found: Places) -> dict[str, object]:
    return {
        "kind": experiment.config.KIND,
        "chapter": chapter.number,
        "summary": experiment.summary,
        "about": experiment.about,
        "claim": dataclasses.asdict(experiment.claim),
        "cost": experiment.cost,
        "needs": experiment.needs,
        "arguments": experiment.arguments,
        "data_sets": {name: found[name].state for name in places.read_by(experiment)},
        "config": to_json(experiment.config),
    }


def _of_study(number: int, study: Study) -> dict[str, object]:
    return {
        "kind": "study",
        "chapter": number,
        "summary": study.summary,
        "claim": study.claim,
        "seeds": study.seeds,
        "cost": study.cost,
        "variants": {name: dataclasses.asdict(each) for name, each in study.variants.items()},
    }
