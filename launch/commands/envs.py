"""`python -m launch envs [PATTERN]`."""

import dataclasses
import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import gymnasium
import numpy as np
import tyro
from gymnasium.envs.registration import EnvSpec
from rich.text import Text

from common import jsons
from common.errors import UsageError
from envs import listing
from envs.listing import Entry, Page
from envs.sources import DEFAULT_LIMIT, UnusableEnvironment
from envs.views import Views
from launch.commands.flags import PROGRAM, parse
from launch.commands.printing import labelled, show
from launch.config.training import TrainingConfig
from launch.experiments import catalog
from launch.terminal.console import stderr

_MOST = 40
"""Environments of a package that are made without being asked for by a pattern."""
_COLUMNS = (2, 27, 48, 60, 66, 72)
"""Where id, observations, actions, limit, threshold and agents begin."""
_TITLES = ("id", "observations", "actions", "limit", "solved", "agents")
_OBSERVATIONS = 20  # columns


@dataclass(frozen=True, kw_only=True)
class EnvsArguments:
    """List the environments that are installed, a line each, or tell everything about one."""

    pattern: Annotated[str, tyro.conf.Positional] = ""
    """Only ids with this in them; if that is one, everything about it. Also module:Id-v0 and
    module:function. Older versions are listed where it names a version."""
    json: bool = False
    """Everything about each of them, as JSON."""


def run(arguments: Sequence[str]) -> int:
    """Lists the environments.

    Raises:
        UsageError: No environment fits the pattern.
    """
    given: EnvsArguments = parse(EnvsArguments, "envs", arguments)
    if ":" in given.pattern:
        return _one(given.pattern, given)
    specs = listing.registered(given.pattern)
    exact = [spec for spec in specs if spec.id.lower() == given.pattern.lower()]
    chosen = exact or specs
    if not chosen:
        raise UsageError(_nothing_fits(given.pattern))
    if len(chosen) == 1 and given.pattern:
        return _one(chosen[0].id, given)
    if given.json:
        entries = [each for _, entries in _entries(chosen, given) for each in entries]
        print(jsons.dumps([_values(Page(entry=each)) for each in entries], indent=2))
    else:
        show(_table(chosen, given))
    return 0


def _nothing_fits(pattern: str) -> str:
    """What may have been meant; the part of an id before its version decides."""
    names = {name.lower(): name for name in gymnasium.registry}
    near = difflib.get_close_matches(pattern.lower(), names, n=1, cutoff=0.4)
    hint = f"did you mean {names[near[0]]}?" if near else f"see: {PROGRAM} envs"
    return f"envs {pattern}: no environment fits; {hint}"


def _one(name: str, given: EnvsArguments) -> int:
    try:
        page = listing.page(name)
    except UnusableEnvironment as error:
        raise UsageError(str(error).removeprefix("--env ")) from None
    if given.json:
        print(jsons.dumps(_values(page), indent=2))
    else:
        show(_page(page))
    return 0


def _entries(
    chosen: Sequence[EnvSpec], given: EnvsArguments
) -> Iterator[tuple[str, Iterator[Entry]]]:
    """The environments of each package; those of a large one are only made if asked for."""
    for title, specs in listing.groups(chosen):
        is_large = len(specs) > _MOST and not given.pattern
        yield title, map(listing.unmade, specs) if is_large else map(_entry, specs)


def _entry(spec: EnvSpec) -> Entry:
    with stderr().status(f"looking at {spec.id}"):
        return listing.entry(spec.id)


def _table(chosen: Sequence[EnvSpec], given: EnvsArguments) -> Iterator[str | Text]:
    yield Text(_line(_TITLES), "bold")
    for title, entries in _entries(chosen, given):
        yield Text(title, "bold")
        found = list(entries)
        if not any(each.observations or each.problem for each in found):
            yield from _summary(found)
        else:
            yield from map(_row, found)
    yield ""
    yield "limit: steps an episode; solved: mean return at which its authors call it solved"
    yield "agents: dqn by a network, q by a table; bins: dqn with --env.action-bins;"
    yield "otherwise what agents here cannot learn from"
    yield f"everything about one: {PROGRAM} envs ID"


def _summary(entries: Sequence[Entry]) -> Iterator[str]:
    """Two lines for a package with many environments, each of which would have to be made."""
    names = [each.name for each in entries]
    first = next((name for name in names if "/" in name), names[0])  # named as its package is
    yield f"  {len(entries)} environments, such as {first}"
    package, slash, _ = first.partition("/")
    yield f"  to list them: {PROGRAM} envs {package + slash if slash else first.partition('-')[0]}"


def _row(entry: Entry) -> Text:
    if entry.problem:
        return Text(_clipped(f"{_line([entry.name])} {entry.problem}"), "dim")
    seen = entry.observations
    cells = [
        entry.name,
        seen if len(seen) <= _OBSERVATIONS else seen.replace(", ", ","),
        entry.actions,
        "-" if entry.limit is None else str(entry.limit),
        "-" if entry.threshold is None else f"{entry.threshold:g}",
        _agents(entry.views),
    ]
    return Text(_clipped(_line(cells)))


def _line(cells: Sequence[str]) -> str:
    """Cells below their titles; a long one moves those after it."""
    line = ""
    for start, cell in zip(_COLUMNS, cells, strict=False):
        line = f"{line:<{start}}{'' if len(line) < start or not line else ' '}{cell}"
    return line.ljust(_COLUMNS[len(cells)] - 1) if len(cells) < len(_COLUMNS) else line


def _clipped(line: str, width: int = 80) -> str:
    return line if len(line) <= width else f"{line[: width - 3]}..."


def _agents(views: Views) -> str:
    """The agents that can learn it, or what they cannot learn from."""
    if "observations" in views.refusals:
        return "observed"
    if views.refusals:
        return "bins" if views.needs_bins else "actions"
    return "dqn q" if views.states is not None else "dqn"


def _page(page: Page) -> Iterator[str | Text]:
    entry, views = page.entry, page.entry.views
    yield Text(f"{entry.name} ({entry.group})", "bold")
    yield ""
    if entry.problem:
        yield from labelled("problem", entry.problem)
        return
    yield from labelled("sees", page.observation_space)
    yield from labelled("", views.refusals.get("observations") or views.seen())
    yield from labelled("acts", page.action_space)
    yield from labelled("", _counted(views))
    yield from labelled("limit", _limit(page))
    yield from labelled("solved", _threshold(entry))
    yield from labelled("optimum", _optimum(page))
    yield from labelled(
        "keywords", " ".join(f"{k}={_plain(v)!r}" for k, v in page.keywords.items())
    )
    yield from labelled("renders", ", ".join(page.render_modes) or "nothing: it cannot be filmed")
    yield from labelled("played by", _player(page))
    yield from labelled("ours", ", ".join(_experiments(entry.name)))
    yield ""
    yield from _commands(page)


def _counted(views: Views) -> str:
    if views.actions is None:
        return views.refusals["actions"]
    return f"agents choose one of {views.actions:,} actions, counted from 0"


def _limit(page: Page) -> str:
    entry = page.entry
    if (frames := page.keywords.get("max_num_frames_per_episode")) and entry.limit is None:
        return f"{frames:,} frames an episode"
    if entry.limit is None:
        return f"none is registered: an episode that lasts {DEFAULT_LIMIT:,} steps is cut here"
    return f"{entry.limit:,} steps an episode"


def _threshold(entry: Entry) -> str:
    return "" if entry.threshold is None else f"from a mean return of {entry.threshold:g} on"


def _optimum(page: Page) -> str:
    if page.optimum is not None and not page.published:
        return f"{page.optimum:.4g}, the best mean return, with a memory"
    if not page.published:
        return "unknown: it publishes no table of its transitions"
    if page.optimum is None:
        return "unknown: it publishes its transitions, but an episode has no limit of steps"
    return f"{page.optimum:.4g}, the best mean return, by its published table of transitions"


def _player(page: Page) -> str:
    if page.entry.views.refusals:
        return ""
    ours = "our own batched dynamics, many copies in one call"
    return ours if page.batched else "its own code, a copy at a time"


def _experiments(name: str) -> list[str]:
    """Our experiments that were made for an environment."""
    return [
        experiment
        for experiment, each in catalog.everything().items()
        if isinstance(each.config, TrainingConfig) and each.config.task == name and not each.any_env
    ]


def _commands(page: Page) -> Iterator[str]:
    name, views = page.entry.name, page.entry.views
    if not views.refusals:
        yield from labelled("train", f"{PROGRAM} {catalog.first_choice(name)} --env {name}")
    if not views.refusals and views.states is not None:
        yield from labelled("", f"{PROGRAM} q --env {name}")
    typed = [f"{k}={v}" for k, v in page.keywords.items() if isinstance(v, str | int | float)]
    if typed:
        yield from labelled("change it", f"... --env-kwargs {typed[0]}")
    yield from labelled("check it", f"{PROGRAM} check {name}")


def _values(page: Page) -> dict[str, object]:
    entry = dataclasses.asdict(page.entry)
    views = entry.pop("views")
    rest = {k: v for k, v in vars(page).items() if k != "entry"}
    rest["keywords"] = {name: _told(value) for name, value in page.keywords.items()}
    agents = [] if not entry["observations"] or views["refusals"] else ["dqn"]
    if agents and views["states"] is not None:
        agents.append("q")
    return {**entry, **views, "agents": agents, **rest, "experiments": _experiments(entry["name"])}


def _told(value: object) -> object:
    """A keyword's value where JSON has it, else how Python writes it."""
    value = _plain(value)
    return value if value is None or isinstance(value, str | int | float) else repr(value)


def _plain(value: object) -> object:
    """A number of NumPy as Python's own, which is how it is typed."""
    return value.item() if isinstance(value, np.generic) else value
