"""Agents beside each other: everything that `compare` computes, and its JSON."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from launch.reports.compared import anchors, found, measures, thresholds
from launch.reports.compared.anchors import Anchors
from launch.reports.compared.found import POLICIES, Run
from launch.reports.compared.limits import Floats
from launch.reports.compared.measures import METHODS, Measure, Sample
from launch.reports.compared.thresholds import Reached
from launch.reports.finding import LeftOut

_TAUS = 21  # thresholds of a profile in the JSON


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An agent in an environment.

    Attributes:
        label: The agent.
        environment: The environment.
        runs: Its runs, by seed.
        scores: [N] the score of each run, by policy.
        measures: By policy and name.
        reached: How long the runs took to the threshold; None where there is none.
    """

    label: str
    environment: str
    runs: Sequence[Run]
    scores: Mapping[str, Floats]
    measures: Mapping[str, Mapping[str, Measure]]
    reached: Reached | None


@dataclass(frozen=True, kw_only=True)
class Overall:
    """An agent over several environments, its scores normalised.

    Attributes:
        label: The agent.
        samples: Its normalised scores in each environment, by policy.
        measures: By policy and name.
    """

    label: str
    samples: Mapping[str, Sample]
    measures: Mapping[str, Mapping[str, Measure]]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two agents on the same environments.

    Attributes:
        first: An agent.
        second: Another one.
        where: Their environment; empty for all of them together.
        measures: By policy and name: by how much the first is ahead.
    """

    first: str
    second: str
    where: str
    measures: Mapping[str, Mapping[str, Measure]]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Agents beside each other.

    Attributes:
        environments: What scores are held to, by environment.
        entries: Each agent in each environment.
        shared: The environments that `overall` is over; empty where there are not several.
        overall: Each agent over these.
        pairs: Each two agents.
        left_out: Folders that are not compared.
    """

    environments: Mapping[str, Anchors]
    entries: Sequence[Entry]
    shared: Sequence[str]
    overall: Sequence[Overall]
    pairs: Sequence[Pair]
    left_out: Sequence[LeftOut]

    @property
    def methods(self) -> dict[str, str]:
        """The methods of the intervals in it, by their letters."""
        used = _methods(each.measures for each in (*self.entries, *self.overall, *self.pairs))
        used |= {each.reached.steps.method for each in self.entries if each.reached is not None}
        return {letter: text for letter, text in METHODS.items() if letter in used}

    @property
    def methods_of_agents(self) -> list[str]:
        """The methods of the intervals of single agents, in words."""
        used = _methods(each.measures for each in (*self.entries, *self.overall))
        return [text for letter, text in METHODS.items() if letter in used]


def compare(
    runs: Sequence[Run], left_out: Sequence[LeftOut], threshold: float | None = None
) -> Comparison:
    """Compares agents.

    Args:
        runs: Their runs.
        left_out: What is told beside them.
        threshold: The mean return to reach, in place of the environments' solved marks.
    """
    grouped: dict[str, dict[str, list[Run]]] = defaultdict(lambda: defaultdict(list))
    for run, label in zip(runs, found.labels(runs), strict=True):
        grouped[run.environment][label].append(run)
    held = {
        name: anchors.of([run for group in agents.values() for run in group], threshold)
        for name, agents in grouped.items()
    }
    entries = [
        _entry(label, name, group, held[name])
        for name, agents in grouped.items()
        for label, group in agents.items()
    ]
    shared, overall = _overall(entries, held)
    return Comparison(
        environments=held,
        entries=entries,
        shared=shared,
        overall=overall,
        pairs=[*_pairs(entries, held), *_overall_pairs(overall)],
        left_out=left_out,
    )


def _entry(label: str, environment: str, runs: Sequence[Run], held: Anchors) -> Entry:
    scores = {name: np.array([run.score(name) for run in runs]) for name in POLICIES}
    return Entry(
        label=label,
        environment=environment,
        runs=runs,
        scores=scores,
        measures={
            name: measures.all_of(held.sample(values), held.normalised_sample(values))
            for name, values in scores.items()
        },
        reached=None if held.solved is None else thresholds.reached(runs, held.solved),
    )


def _overall(
    entries: Sequence[Entry], held: Mapping[str, Anchors]
) -> tuple[list[str], list[Overall]]:
    """The environments that all agents with several of them share, and the agents over these."""
    by_label: dict[str, dict[str, Entry]] = defaultdict(dict)
    for entry in entries:
        if held[entry.environment].is_normal:
            by_label[entry.label][entry.environment] = entry
    several = {label: on for label, on in by_label.items() if len(on) > 1}
    names = [name for name in held if several and all(name in on for on in several.values())]
    if len(names) < 2:
        return [], []
    found = []
    for label, on in several.items():
        samples = {
            policy: Sample(
                strata=measures.equal_strata(
                    [held[name].normalised(on[name].scores[policy]) for name in names]
                )
            )
            for policy in POLICIES
        }
        values = {policy: measures.all_of(each, each) for policy, each in samples.items()}
        found.append(Overall(label=label, samples=samples, measures=values))
    return names, found


def _pairs(entries: Sequence[Entry], held: Mapping[str, Anchors]) -> list[Pair]:
    return [
        Pair(
            first=a.label,
            second=b.label,
            where=a.environment,
            measures={
                policy: measures.differences(
                    held[a.environment].sample(a.scores[policy]),
                    held[a.environment].sample(b.scores[policy]),
                )
                for policy in POLICIES
            },
        )
        for a, b in itertools.combinations(entries, 2)
        if a.environment == b.environment
    ]


def _overall_pairs(overall: Sequence[Overall]) -> list[Pair]:
    return [
        Pair(
            first=a.label,
            second=b.label,
            where="",
            measures={
                policy: measures.differences(a.samples[policy], b.samples[policy])
                for policy in POLICIES
            },
        )
        for a, b in itertools.combinations(overall, 2)
    ]


def to_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain JSON values; docs/compare.md says what is in it."""
    return {
        "runs": sum(len(entry.runs) for entry in comparison.entries),
        "left_out": [
            {"folder": str(each.folder), "reason": each.why} for each in comparison.left_out
        ],
        "environments": {name: held.to_json() for name, held in comparison.environments.items()},
        "experiments": [
            _entry_json(each, comparison.environments[each.environment])
            for each in comparison.entries
        ],
        "overall": {
            "environments": list(comparison.shared),
            "agents": [
                {
                    "agent": each.label,
                    **_policies_json(each.measures),
                    "profile": {
                        policy: _profile_json(sample, 0.0, 1.0)
                        for policy, sample in each.samples.items()
                    },
                }
                for each in comparison.overall
            ],
        },
        "differences": [
            {
                "first": pair.first,
                "second": pair.second,
                "environment": pair.where or None,
                **_policies_json(pair.measures),
            }
            for pair in comparison.pairs
        ],
    }


def _entry_json(entry: Entry, held: Anchors) -> dict[str, Any]:
    kept, final = entry.measures["kept"], entry.measures["final"]
    low, high = profile_range(held, [entry.scores[policy] for policy in POLICIES])
    return {
        "experiment": entry.label,
        "environment": entry.environment,
        "runs": len(entry.runs),
        "seeds": [run.result.seed for run in entry.runs],
        "iqm": kept["iqm"].to_json(),
        "mean": kept["mean"].to_json(),
        "final": final["mean"].to_json(),
        "policies": _policies_json(entry.measures),
        "scores": {policy: values.tolist() for policy, values in entry.scores.items()},
        "profile": {
            policy: _profile_json(held.sample(values), low, high)
            for policy, values in entry.scores.items()
        },
        "threshold": None if entry.reached is None else entry.reached.to_json(),
    }


def profile_range(held: Anchors, scores: Sequence[Floats]) -> tuple[float, float]:
    """The lowest and the highest threshold that a profile is of: random to best, and all runs.

    Where all of these are equal there is a return of 1 on either side, so that a fall can be seen.
    """
    levels = [level for level in (held.random, held.best) if level is not None]
    every = np.concatenate([*scores, levels])
    low, high = float(every.min()), float(every.max())
    return (low, high) if low < high else (low - 1, high + 1)


def _profile_json(sample: Sample, low: float, high: float) -> dict[str, Any]:
    taus = np.linspace(low, high, _TAUS)
    shares, (lows, highs) = measures.profile(sample, taus)
    named = {"tau": taus, "share": shares, "low": lows, "high": highs}
    return {name: values.tolist() for name, values in named.items()} | {"method": METHODS["c"]}


def _policies_json(of: Mapping[str, Mapping[str, Measure]]) -> dict[str, Any]:
    return {
        policy: {name: each.to_json() for name, each in found.items()}
        for policy, found in of.items()
    }


def _methods(every: Iterable[Mapping[str, Mapping[str, Measure]]]) -> set[str]:
    """The letters of the methods that some measures have, by policy and name."""
    return {each.method for of in every for found in of.values() for each in found.values()}
