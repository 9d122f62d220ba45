"""A study: a named sweep over experiments and settings, and the claim that it tests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Rows = Mapping[str, Mapping[str, Any]]
"""What each variant came to, by its name; the fields are those of `sweep.json`."""
Series = Literal["evaluation", "training"]
"""What a panel of a picture shows over the steps: greedy evaluations, or training episodes."""


@dataclass(frozen=True, kw_only=True)
class StudyVariant:
    """One of the things that a study holds beside each other.

    Attributes:
        experiment: The experiment that it runs.
        settings: What it changes about the experiment, as `--vary` spells it: values as they are
            typed, by the names of settings.
    """

    experiment: str
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Study:
    """A named sweep.

    Attributes:
        summary: What it is, in the few words that a line of `list` has room for.
        claim: What it tests, in a sentence.
        variants: What is run, by the name that it has in the table and the picture.
        seeds: The seeds of each variant, as `--seeds` spells them.
        shows: Says in a sentence what the figures show, whatever they are.
        panels: The panels of the picture.
        cost: Measured wall time on 2 cores; empty where it was not measured.
    """

    summary: str
    claim: str
    variants: Mapping[str, StudyVariant]
    seeds: str
    shows: Callable[[Rows], str]
    panels: tuple[Series, ...] = ("evaluation",)
    cost: str = ""

    @property
    def experiments(self) -> list[str]:
        """The experiments that it runs, each once."""
        return list(dict.fromkeys(variant.experiment for variant in self.variants.values()))


def told(row: Mapping[str, Any], score: str) -> str:
    """A score of a variant in words: `unknown` of one whose runs have none."""
    return "unknown" if row[score] is None else f"{row[score]:.4g}"


def ahead(rows: Rows, score: str, one: str, other: str) -> str:
    """Which of two variants has more of a score, in words, such as "SARSA gets more".

    Args:
        rows: What each variant came to.
        score: `final`, `ours` or `training`.
        one: A variant.
        other: The other one.

    Returns:
        That none does where the intervals of their means meet, and that nothing can be told where
        there are too few seeds for intervals.
    """
    means = [rows[name][score] for name in (one, other)]
    halves = [rows[name][f"{score}_half_width"] for name in (one, other)]
    if None in means or None in halves:
        return "there are too few seeds to tell who gets more"
    if abs(means[0] - means[1]) <= sum(halves):
        return "neither gets more than chance explains"
    return f"{one if means[0] > means[1] else other} gets more"
