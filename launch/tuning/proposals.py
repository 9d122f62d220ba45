"""What a search tries next: a pure function of its seed, the trial's number and known results."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from common import optional
from launch.experiments.spaces import Choice, Line
from supervised.core.randomness import keras_seed

with optional.imported("optuna"):
    import optuna
    from optuna.distributions import (
        BaseDistribution,
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )
    from optuna.trial import FrozenTrial

Sampler = Literal["grid", "random", "tpe"]
_UNLIMITED = 2**31


class Proposals:
    """Proposes the values of each trial.

    Attributes:
        distributions: Of each value, as Optuna has them.
        most: Trials that there are at most: points of the grid.
    """

    def __init__(self, lines: Mapping[str, Line], sampler: Sampler, seed: int, minimise: bool):
        """Prepares proposals.

        Args:
            lines: What is proposed, by name.
            sampler: How.
            seed: Of the proposals.
            minimise: Whether lower scores are better.
        """
        self._lines, self._sampler, self._seed = lines, sampler, seed
        self._minimise = minimise
        self.distributions = {name: _distribution(line) for name, line in lines.items()}
        self._points: list[tuple[Any, ...]] = []
        if sampler == "grid":
            self._points = self._shuffled()
        self.most = len(self._points) or _UNLIMITED

    def of(self, number: int, known: Sequence[FrozenTrial]) -> dict[str, Any]:
        """The values of a trial, by name.

        Args:
            number: The trial's number.
            known: The trials before it whose results may be looked at.
        """
        if self._sampler == "grid":
            return dict(zip(self._lines, self._points[number], strict=True))
        seed = keras_seed(self._seed, f"trial/{number}")
        kinds = {"random": optuna.samplers.RandomSampler, "tpe": optuna.samplers.TPESampler}
        study = optuna.create_study(
            sampler=kinds[self._sampler](seed=seed),
            direction="minimize" if self._minimise else "maximize",
        )
        study.add_trials(known)
        return study.ask(self.distributions).params

    def _shuffled(self) -> list[tuple[Any, ...]]:
        """The grid's points, shuffled: a search that is cut short has seen all of its width."""
        points = list(itertools.product(*(line.grid() for line in self._lines.values())))
        order = np.random.default_rng(keras_seed(self._seed, "grid"))
        return [points[i] for i in order.permutation(len(points))]


def _distribution(line: Line) -> BaseDistribution:
    if isinstance(line, Choice):
        return CategoricalDistribution(list(line.values))
    if line.whole:
        return IntDistribution(round(line.low), round(line.high), log=line.log)
    return FloatDistribution(line.low, line.high, log=line.log)
