"""Everything about one experiment."""

import ast
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from rich.text import Text

import launch
from launch.commands import places
from launch.commands.flags import PROGRAM
from launch.commands.places import COLOURS, Places
from launch.commands.printing import labelled, paragraphs
from launch.config.run import RunConfig
from launch.config.serialization import settings
from launch.config.supervised import SupervisedConfig
from launch.config.training import TrainingConfig
from launch.experiments.experiment import Claim, Experiment, flag_of
from launch.experiments.study import Study
from launch.run_folder.location import folder_name

_DRAWN = Path(launch.__file__).parent.parent / "docs" / "images"
_PICTURES = (".png", ".gif", ".mp4")
_FLAG = 36  # columns of a setting's flag


def lines(name: str, experiment: Experiment, found: Places) -> Iterator[str | Text]:
    """The experiment's claim, data, cost, pictures, method and settings."""
    yield from paragraphs(f"{name}: {experiment.about or experiment.summary}")
    yield ""
    yield from _claim(experiment.claim)
    yield from _data(experiment, found)
    yield from labelled("needs", experiment.needs)
    yield from labelled("cost", experiment.cost and f"{experiment.cost} on 2 cores")
    yield from labelled("tune", ", ".join(map(flag_of, experiment.space)))
    yield from labelled("pictures", ", ".join(map(str, _pictures(name, experiment.config))))
    yield f"run       {PROGRAM} {name} {experiment.arguments}".rstrip()
    yield f"flags     {PROGRAM} {name} --help"
    for text in _method(experiment.config):
        yield ""
        yield from paragraphs(text)
    yield ""
    yield Text("settings, each of them a flag", "bold")
    for path, value in settings(experiment.config):
        yield f"  {flag_of(path):<{_FLAG}} {_shown(value)}"


def of_study(name: str, study: Study) -> Iterator[str | Text]:
    """A study's claim, its variants and how to run it."""
    yield from paragraphs(f"{name}: {study.summary}")
    yield ""
    yield from labelled("claim", study.claim)
    yield from labelled("seeds", study.seeds)
    yield from labelled("cost", study.cost and f"{study.cost} on 2 cores")
    yield from labelled("pictures", ", ".join(map(str, _shortest(_DRAWN.glob(f"{name}.png")))))
    yield f"run       {PROGRAM} {name}"
    yield f"flags     {PROGRAM} {name} --help"
    yield ""
    yield Text("variants", "bold")
    for title, variant in study.variants.items():
        changed = " ".join(f"{setting}={value}" for setting, value in variant.settings.items())
        yield f"  {title}: {variant.experiment} {changed}".rstrip()


def _shortest(paths: Iterable[Path]) -> list[Path]:
    """Paths as one types them here."""
    here = Path.cwd()
    return [path.relative_to(here) if path.is_relative_to(here) else path for path in paths]


def _claim(claim: Claim) -> Iterator[str]:
    known = {"book": claim.book, "optimum": claim.optimum}
    scores = [f"{word} {value:g}" for word, value in known.items() if value is not None]
    if scores:
        yield f"claim     {claim.metric or 'score'}: {', '.join(scores)}"
    yield from labelled("note", claim.note or "")


def _data(experiment: Experiment, found: Places) -> Iterator[Text]:
    for name in places.read_by(experiment):
        place = found[name]
        for line in labelled("data", f"{name}, {place.words}"):
            yield Text(line, COLOURS[place.state])


def _pictures(name: str, config: RunConfig) -> list[Path]:
    """Those of the documents, and those of its newest run below --out."""
    runs = (config.output.out / folder_name(name)).glob("*/config.json")
    newest = [path.parent for path in sorted(runs, key=lambda path: path.stat().st_mtime)[-1:]]
    made = [path for run in newest for path in sorted(run.iterdir()) if path.suffix in _PICTURES]
    return _shortest([*_DRAWN.glob(f"{name}.png"), *made])


def _method(config: RunConfig) -> Iterator[str]:
    """What is done and what differs from the book, as the code's own docstrings have it."""
    if isinstance(config, SupervisedConfig):
        yield from _docstrings(config.job.module)[:1]
    elif isinstance(config, TrainingConfig):
        agent = type(config.agent)
        yield agent.__doc__ or ""
        package = agent.__module__.rpartition(".")[0]
        texts = [*_docstrings(f"{package}.learner"), *_docstrings(f"{package}.objective")]
        yield from (
            part for text in texts for part in text.split("\n\n") if part.startswith("Devia")
        )


def _docstrings(module: str) -> list[str]:
    """The docstrings of a module and its classes; it is not imported, for it needs TensorFlow."""
    try:
        spec = find_spec(module)
        source = spec.loader.get_source(module) if spec and spec.loader else None  # type: ignore
    except (ImportError, AttributeError, ValueError):
        return []
    tree = ast.parse(source or "")
    documented = [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef))]
    return [text for node in documented if (text := ast.get_docstring(node))]


def _shown(value: object) -> str:
    """A setting's value as one types it."""
    if isinstance(value, list | tuple):
        return " ".join(map(str, value)) or "none"
    return str(value)
