"""Everything about one run, told from its files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from common.text import one_line, shortened
from launch.commands.printing import columns
from launch.config.run import RunConfig
from launch.config.serialization import from_json, settings
from launch.experiments import catalog
from launch.experiments.experiment import flag_of, flags_for
from launch.jobs import kinds
from launch.jobs.models.described import Described
from launch.jobs.models.keras_files import LayerInFile, ModelFile
from launch.run_folder import contents, facts, result
from launch.run_folder.contents import Entry
from launch.run_folder.facts import Facts
from launch.run_folder.score_comparison import Comparison
from launch.terminal.blocks import beside, block

_ELSEWHERE = ("output", "placement", "schedule", "seed")
"""Parts of a config that say where and how a run goes, and its seed, which is told by itself."""
_SCORES = {
    "ours": "its own",
    "final": "last weights",
    "baseline": "trivial solution",
    "optimum": "optimum",
    "book": "the book",
}
_UNKNOWN = "an experiment that is not in the catalog here: its settings are compared with nothing"
_TOLD = 24  # actions or classes that are told by name
_FORM = "  {:<30} {:<12} {:<20} {:>13}"
_NAME = 24  # columns of a file's name


@dataclass(frozen=True, kw_only=True)
class Page:
    """What is told of a run.

    Attributes:
        facts: What is known whichever kind it is.
        summary: What its experiment is.
        kind: What its kind tells; None where its config cannot be read.
        changed: By their paths, its settings that are not the experiment's, and those of that.
        entries: Its files.
        missing: What is missing or damaged.
    """

    facts: Facts
    summary: str
    kind: Described | None
    changed: Mapping[str, tuple[Any, Any]]
    entries: Sequence[Entry]
    missing: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        """All of it as plain JSON values."""
        found = self.facts.result
        return {
            **self.facts.to_json(),
            "summary": self.summary,
            **(self.kind.to_json() if self.kind else {}),
            "settings": {
                flag_of(path): {"run": own, "experiment": usual}
                for path, (own, usual) in self.changed.items()
            },
            "result": result.to_json(found) if found else None,
            "files": [asdict(each) for each in self.entries],
            "missing": list(self.missing),
        }

    def lines(self) -> Iterator[str]:
        """All of it in lines of a terminal's width."""
        yield from block(self._title(), self._rows(), columns())
        for name, model in (self.kind.models if self.kind else {}).items():
            yield ""
            yield f"{name}: {model.parameters:,} parameters"
            yield from _layers(model) if isinstance(model, ModelFile) else _arrays(model.shapes)
        yield ""
        yield "files"
        for each in self.entries:
            name = shortened(each.name, _NAME)
            yield f"  {name:<{_NAME}} {f'{each.size:,}':>13}  {each.what}".rstrip()

    def _title(self) -> str:
        known = self.facts
        seed = "" if known.seed is None else f", seed {known.seed}"
        after = f" after {known.result.wall_seconds:.1f} s" if known.result else ""
        return f"{known.experiment}{seed}: {known.status}{after}"

    def _rows(self) -> Iterator[tuple[str, str]]:
        known, kind = self.facts, self.kind
        yield from (("missing", each) for each in self.missing)
        yield "what", self.summary
        yield "command", known.command
        if kind is not None:
            yield from kind.rows.items()
            yield from (("input", f"{each.name}: {each.in_words()}") for each in kind.inputs)
            yield from (("inputs", each) for each in kind.notes)
            yield kind.choices, _listed(kind.names)
        for path, (own, usual) in self.changed.items():
            yield "setting", f"{_typed(path, own)} (the experiment: {_typed(path, usual)})"
        if known.result is not None:
            yield from _of_result(known.result)
        yield "fingerprint", known.fingerprint or ""
        yield "versions", ", ".join(f"{name} {it}" for name, it in known.versions.items())
        yield "commit", known.git_commit


def of(folder: Path) -> Page:
    """What is told of the run in a folder.

    Raises:
        UsageError: It is not a run folder.
    """
    known = facts.of(folder)
    missing = list(known.missing)
    experiment = catalog.find(known.experiment)
    config, kind = _config(known, missing), None
    if config is not None:
        kind = kinds.described(folder, config)
        missing += kind.missing
    usual = experiment.config if experiment is not None else None
    return Page(
        facts=known,
        summary=(experiment.about or experiment.summary) if experiment else _UNKNOWN,
        kind=kind,
        changed=_changed(config, usual) if config is not None and usual is not None else {},
        entries=contents.entries(folder),
        missing=missing,
    )


def _config(known: Facts, missing: list[str]) -> RunConfig | None:
    try:
        return from_json(dict(known.config))
    except Exception as error:  # a field that is missing, or a user's module that is not here
        missing.append(f"its config cannot be read by this version: {one_line(error)}")
        return None


def _changed(config: RunConfig, usual: RunConfig) -> dict[str, tuple[Any, Any]]:
    """By their paths, the settings of a run that are not those of its experiment, and these."""
    before = dict(settings(usual))
    return {
        path: (value, before.get(path))
        for path, value in settings(config)
        if path.partition(".")[0] not in _ELSEWHERE and value != before.get(path)
    }


def _of_result(found: Any) -> Iterator[tuple[str, str]]:
    claim: Comparison = found.claim
    scores = [
        f"{word} {value:.4g}"
        for name, word in _SCORES.items()
        if (value := getattr(claim, name)) is not None
    ]
    scores += [f"{name} {value:.4g}" for name, value in (claim.controls or {}).items()]
    if claim.metric and claim.ours is None:
        scores.insert(0, "none of its own yet")
    yield claim.metric or "score", ", ".join(scores)
    if (played := getattr(found, "evaluation", None)) is not None:
        how = "" if found.acting == "greedy" else f", {found.acting}"
        yield (
            "episodes",
            f"{played.episodes:,} of the policy kept{how}: return {played.mean_return:.4g} ± "
            f"{played.std_return:.4g}, from {played.min_return:.4g} to {played.max_return:.4g}",
        )
    for name, kind in getattr(found, "data_sets", {}).items():
        digest = found.data_files.get(name)
        yield "data", f"{name}, {kind}{f', SHA-256 {digest}' if digest else ''}"
    if (rows := claim.test_rows) is not None:
        yield "test rows", f"{rows:,}"
    yield from (("note", note) for note in found.notes)


def _layers(model: ModelFile) -> Iterator[str]:
    """A model's layers, a line each, and how many operations are between them."""
    yield _FORM.format("layer", "takes", "arrays", "parameters").rstrip()
    operations = [layer for layer in model.layers if layer.is_operation]
    for layer in model.layers:
        inner = layer.depth and layer.kind == "InputLayer"
        if layer.is_operation or inner:
            continue
        arrays = ", ".join(map(_shape, layer.weights))
        count = f"{layer.parameters:,}" if layer.weights else ""
        yield _FORM.format(_called(layer), _shape(layer.takes), arrays, count).rstrip()
    if operations:
        kinds_of = ", ".join(sorted({layer.kind for layer in operations}))
        yield from beside("  ", f"and {len(operations)} operations: {kinds_of}", columns())


def _called(layer: LayerInFile) -> str:
    name = f" {layer.name}" if layer.kind == "InputLayer" else ""
    return f"{'  ' * layer.depth}{layer.kind}{name}"


def _arrays(shapes: Mapping[str, Sequence[int]]) -> Iterator[str]:
    for name, shape in shapes.items():
        yield f"  {name:<30} {_shape(shape)}"


def _shape(shape: Sequence[int | None] | None) -> str:
    """Sizes with crosses between them; "1" for a single number."""
    if shape is None:
        return ""
    return "x".join("any" if size is None else str(size) for size in shape) or "1"


def _listed(names: Sequence[str]) -> str:
    shown = [f"{number}: {name}" for number, name in enumerate(names[:_TOLD])]
    more = len(names) - len(shown)
    return ", ".join([*shown, *([f"and {more:,} more"] if more else [])])


def _typed(path: str, value: Any) -> str:
    """A setting as it is typed."""
    return " ".join(flags_for(path, value if isinstance(value, bool) else _shown(value)))


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(str, value)) or "none"
    return "none" if value in (None, "") else str(value)
