"""A table of action values, or two of them, that moves toward targets."""

from typing import TYPE_CHECKING

import numpy as np

from agents.q_table.rules import Floats, Ints, step_sizes

if TYPE_CHECKING:
    from agents.q_table.config import QTable


class Table:
    """K tables of action values over S states and A actions, and the visits to their cells.

    Cells have flat numbers, (k * S + s) * A + a.

    Attributes:
        q: [K, S, A] action values.
        visits: [K, S, A] updates of each.
    """

    def __init__(self, config: "QTable", states: int, actions: int):
        """Makes the tables.

        Args:
            config: Their initial value, and the settings of the step size.
            states: Number of states S.
            actions: Number of actions A.
        """
        shape = (2 if config.target == "double_q" else 1, states, actions)
        self.q = np.full(shape, config.initial_value, np.float64)
        self.visits = np.zeros(shape, np.int64)
        self._constant = config.learning_rate
        self._power, self._least = config.learning_rate_power, config.learning_rate_min

    def move(self, cell: Ints, target: Floats) -> Floats:
        """Moves each cell toward its mean target, as far as one update a target would.

        A step size that falls with the visits is for all of them that of the last visit.

        Args:
            cell: [N] flat numbers; one may be there several times.
            target: [N].

        Returns:
            The TD errors [N], before the move.
        """
        q, visits = self.q.reshape(-1), self.visits.reshape(-1)  # views
        td_error = target - q[cell]  # [N]
        count = np.bincount(cell, minlength=q.size)  # [K * S * A]
        total = np.bincount(cell, target, minlength=q.size)
        seen = np.flatnonzero(count)
        visits[seen] += count[seen]
        moved = 1.0 - (1.0 - self._rates(visits[seen])) ** count[seen]
        q[seen] += moved * (total[seen] / count[seen] - q[seen])
        return td_error

    def move_along(self, cell: Ints, td_error: Floats, eligibility: Floats) -> None:
        """Moves all cells by the TD errors of some, as far as they are eligible.

        One environment moves a cell by α δ e. Several move it by their mean error, weighed by
        eligibility, as far as one after the other would with the step size after all of them.

        Args:
            cell: [N] flat numbers of the cells that were visited.
            td_error: [N] of each environment.
            eligibility: [N, K * S * A] of each cell, in [0, 1], in each environment.
        """
        q, visits = self.q.reshape(-1), self.visits.reshape(-1)  # views
        visits += np.bincount(cell, minlength=q.size)
        weight = eligibility.sum(axis=0)  # [K * S * A]
        some = np.flatnonzero(weight)
        eligible = eligibility[:, some]  # [N, cells]
        moved = 1.0 - (1.0 - self._rates(visits[some]) * eligible).prod(axis=0)
        q[some] += moved * (eligible * td_error[:, None]).sum(axis=0) / weight[some]

    def _rates(self, visits: Ints) -> Floats:
        return step_sizes(visits, constant=self._constant, power=self._power, least=self._least)
