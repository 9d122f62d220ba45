"""The experiments, a line each: name, what it is, the data it reads, and what a run costs."""

from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from launch.commands import places
from launch.commands.flags import PROGRAM
from launch.commands.places import COLOURS, Places
from launch.commands.printing import NARROW, columns
from launch.experiments.catalog import Chapter
from launch.experiments.experiment import Experiment
from launch.experiments.study import Study
from supervised.datasets.finding import State

_NAME, _DATA, _COST = 22, 13, 6  # columns: of most names, of data sets, of a cost
_LONGEST = 27  # columns of all names, where there is room
_SIGNS: Mapping[State, str] = {
    "here": "",
    "download": "+",
    "sample": "~",
    "by hand": "!",
    "broken": "?",
}
_OWN_FILES = "your files!"


def lines(
    chapters: Sequence[Chapter],
    found: Places,
    studies: Sequence[tuple[int, str, Mapping[str, Study]]] = (),
) -> Iterator[str | Text]:
    """The table; the signs that it uses are explained below it.

    Args:
        chapters: The chapters with their experiments.
        found: Where the data are.
        studies: Of each chapter with studies its number, a title, and the studies by name; they
            stand before the chapters that have none.
    """
    numbers = {number for number, _, _ in studies}
    ours = [chapter for chapter in chapters if chapter.number in numbers]
    yield from _chapters(ours, found)
    for number, title, those in studies:
        yield Text(f"chapter {number}: {title}", "bold")
        yield from (_study_line(name, study) for name, study in those.items())
        yield ""
    yield from _chapters([chapter for chapter in chapters if chapter not in ours], found)
    experiments = [each for chapter in chapters for each in chapter.experiments.values()]
    states = {found[name].state for each in experiments for name in places.read_by(each)}
    if states or any(places.brings_files(each) for each in experiments):
        yield "data: name+ a run downloads it; name~ only a sample is here; name! you bring it"
    if "broken" in states:
        yield f"data: name? files are missing in its folder; see: {PROGRAM} data NAME"
    yield f"cost: a whole run on 2 cores. Everything about one: {PROGRAM} list NAME"


def _chapters(chapters: Sequence[Chapter], found: Places) -> Iterator[str | Text]:
    for chapter in chapters:
        title = f"chapter {chapter.number}: {chapter.title}" if chapter.number else chapter.title
        yield Text(title, "bold")
        for name, experiment in chapter.experiments.items():
            yield _line(name, experiment, found)
        yield ""


def _study_line(name: str, study: Study) -> Text:
    start = f"  {name:<{_name_width()}} "
    return Text(f"{start}{study.summary:<{columns() - len(start) - _COST - 1}}").append(
        f" {study.cost or '-':>{_COST}}"
    )


def _name_width() -> int:
    return _LONGEST if columns() >= NARROW + 2 * (_LONGEST - _NAME) else _NAME


def _line(name: str, experiment: Experiment, found: Places) -> Text:
    width = columns()
    data = _data(experiment, found)
    start = f"  {name:<{_name_width()}} "
    until = width - _COST - 1 - (_DATA + 1 if data else 0)
    room = until - len(start)
    about = experiment.about
    what = about if about and len(about) <= room else experiment.summary
    line = Text(f"{start}{what:<{room}}")
    if data:
        line.append(" ").append(data).append(" " * (_DATA - len(data)))
    return line.append(f" {_cost(experiment):>{_COST}}")


def _data(experiment: Experiment, found: Places) -> Text:
    if places.brings_files(experiment):
        return Text(_OWN_FILES, COLOURS["by hand"])
    signed = [
        Text(name + _SIGNS[found[name].state], COLOURS[found[name].state])
        for name in places.read_by(experiment)
    ]
    return Text(" ").join(signed)


def _cost(experiment: Experiment) -> str:
    """The measured time; a dash where nobody measured it."""
    cost = experiment.cost.partition(" for ")[0]
    return "-" if cost == "not measured" else cost
