"""Tabular control over batches of environments."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from agents.agent import Learner
from agents.divergence import diverged
from agents.q_table.config import QTable
from agents.q_table.model import Model
from agents.q_table.rules import (
    Floats,
    Ints,
    Mask,
    best_value,
    bonus,
    double_value,
    expected_value,
    policy,
)
from agents.q_table.table import Table
from agents.q_table.traces import Traces
from agents.q_table.windows import Backups, Windows
from agents.rollout import Rollout
from agents.weights import Weights, fitted


class _Step(NamedTuple):
    """One time step of all environments: all [B].

    Attributes:
        s_tm1: States acted on.
        cell: s_tm1 * A + a_tm1.
        r_t: Rewards.
        discount_t: γ, 0 where the successor is terminal.
        s_t: Successors.
        over_t: The episode ended.
        dropped_t: The step was dropped.
        kept_t: The environments [N] whose step was not dropped: a slice where none was, for to
            pick all of them by number would take a third of the time.
        mask_t: [B, A] the legal actions of the successors; None where all are.
        epsilon_t: The share of random actions with which the next action is chosen.
        which: The table that is updated; None where there is only one.
    """

    s_tm1: Ints
    cell: Ints
    r_t: Floats
    discount_t: Floats
    s_t: Ints
    over_t: Mask
    dropped_t: Mask
    kept_t: Ints | slice
    mask_t: Mask | None
    epsilon_t: Floats
    which: Ints | None


class QTableLearner(Learner):
    """Learns a table [S, A], one time step of all environments after another."""

    def __init__(self, config: QTable, *, states: int, actions: int, rng: np.random.Generator):
        """Makes the table.

        Args:
            config: The settings.
            states: Number of states S.
            actions: Number of actions A.
            rng: Draws the table of Double Q-learning, and what is planned.
        """
        self._config, self._rng = config, rng
        self._table = Table(config, states, actions)
        cells = states * actions
        self._windows = Windows(config.n_step) if config.waits else None
        decay = config.discount * config.trace
        self._traces = Traces(decay, cells) if config.trace else None
        self._model = Model(cells) if config.planning_steps else None
        self._legal: Mask = np.ones((states, actions), np.bool_)  # [S, A] as last seen
        self._env_steps = 0
        self.updates = 0

    def learn(self, rollout: Rollout) -> dict[str, float]:
        """Updates the table with a rollout in time order; returns its mean metrics.

        Raises:
            Diverged: A TD error is not finite.
        """
        errors: list[Floats] = []
        for step in self._steps(rollout):
            found = self._learned(step)
            self.updates += 1
            if self._model:
                self._plan(step, self._model)
            if not all(np.isfinite(each).all() for each in found):
                raise diverged(self.updates, "a TD error is not finite")
            errors += found
        td_error = np.concatenate([np.zeros(0), *errors])
        if not td_error.size:
            return {}
        visited = self._table.q.mean(axis=0)[rollout.s_tm1, rollout.a_tm1]  # [T, B]
        return {
            "loss": float(np.mean(td_error**2)),
            "td_error": float(np.mean(np.abs(td_error))),
            "mean_q": float(np.mean(visited)),
        }

    def _steps(self, rollout: Rollout) -> Iterator[_Step]:
        steps, envs = rollout.a_tm1.shape
        cell = rollout.s_tm1 * self._table.q.shape[2] + rollout.a_tm1  # [T, B]
        discount_t = rollout.discounts(self._config.discount)  # [T, B]
        over_t = rollout.terminated_t | rollout.truncated_t  # [T, B]
        taken = self._env_steps + envs * np.arange(1, steps + 1)  # [T] before the next action
        ladder = self._config.epsilon.ladder(taken, np.arange(envs))  # [T, B] or [T, 1]
        epsilon_t = np.broadcast_to(ladder, (steps, envs))
        self._env_steps += steps * envs
        all_kept = not rollout.dropped_t.any()
        for t in range(steps):
            yield _Step(
                s_tm1=rollout.s_tm1[t],
                cell=cell[t],
                r_t=rollout.r_t[t],
                discount_t=discount_t[t],
                s_t=rollout.s_t[t],
                over_t=over_t[t],
                dropped_t=rollout.dropped_t[t],
                kept_t=slice(None) if all_kept else np.flatnonzero(~rollout.dropped_t[t]),
                mask_t=None if rollout.mask_t is None else rollout.mask_t[t],
                epsilon_t=epsilon_t[t],
                which=self._which(envs),
            )

    def _which(self, count: int) -> Ints | None:
        """Which of two tables is updated [count], at random; None where there is only one."""
        return None if len(self._table.q) == 1 else self._rng.integers(2, size=count)

    def _learned(self, step: _Step) -> list[Floats]:
        """Makes the updates whose targets are known with a step; returns their TD errors."""
        env = step.kept_t  # [N]
        if step.mask_t is not None and (self._traces or self._model):
            goes_on = step.discount_t[env] > 0  # a terminal state's mask says nothing of the state
            self._legal[step.s_t[env][goes_on]] = step.mask_t[env][goes_on]
        if self._traces:
            self._traces.cut(step.dropped_t | self._strays(step))
        errors: list[Floats] = []
        if self._windows:
            if self._config.target == "sarsa":  # the action that the full windows waited for
                values = self._table.q.reshape(-1)[step.cell]  # [B]
                errors.append(self._back_up(self._windows.full(), values, step))
            self._windows.push(step.cell, step.r_t, step.discount_t, env)
        values = self._values(step.s_t, step.mask_t, step.epsilon_t, step.which)  # [B]
        if self._windows is None:
            ready = Backups(env, step.cell[env], step.r_t[env], step.discount_t[env])
            errors.append(self._back_up(ready, values, step))
        else:
            if self._config.target != "sarsa":
                errors.append(self._back_up(self._windows.full(), values, step))
            errors.append(self._back_up(self._windows.ended(step.over_t), values, step))
        if self._traces:
            # A window from before a dropped step was visited since.
            self._traces.cut(step.over_t | step.dropped_t)
        return errors

    def _back_up(self, ready: Backups, values: Floats, step: _Step) -> Floats:
        """Updates cells, given the values [B] that are bootstrapped; returns TD errors [N]."""
        if not ready.cell.size:
            return np.zeros(0)
        target = ready.return_t + ready.discount_t * values[ready.env]  # [N]
        if self._traces is None:
            which = None if step.which is None else step.which[ready.env]
            return self._table.move(self._cells(ready.cell, which), target)
        td_error = target - self._table.q.reshape(-1)[ready.cell]  # [N]
        env = np.arange(len(values))[ready.env]  # [N]
        eligibility = self._traces.visit(env, ready.cell, len(values))  # [N, S * A]
        self._table.move_along(ready.cell, td_error, eligibility)
        return td_error

    def _cells(self, cell: Ints, which: Ints | None) -> Ints:
        """The numbers of cells [N] in the tables that are updated."""
        return cell if which is None else cell + which * self._table.q[0].size

    def _values(
        self, s_t: Ints, mask_t: Mask | None, epsilon_t: Floats, which: Ints | None
    ) -> Floats:
        """What states [B] are worth, by the rule of the target; of SARSA where it was cut."""
        config, q = self._config, self._table.q
        if config.target == "q_learning":
            return best_value(q[0], s_t, mask_t)
        if which is not None:
            return double_value(q, which, s_t, mask_t)
        preferences = q[0, s_t]  # [B, A]
        if config.ucb:
            preferences = preferences + bonus(self._table.visits[0, s_t], config.ucb)
        chances = policy(preferences, epsilon_t, config.temperature, mask_t)
        return expected_value(q[0, s_t], chances)

    def _strays(self, step: _Step) -> npt.NDArray[np.bool_]:
        """Where [B] the action is not greedy, so that Watkins's traces end before it."""
        if self._config.target != "q_learning":
            return np.zeros(len(step.cell), np.bool_)
        q = self._table.q[0]
        best = best_value(q, step.s_tm1, self._legal[step.s_tm1])
        return q.reshape(-1)[step.cell] < best

    def _plan(self, step: _Step, model: Model) -> None:
        """Makes as many updates from the model as `planning_steps` says for each environment."""
        env = step.kept_t
        model.observe(step.cell[env], step.r_t[env], step.discount_t[env], step.s_t[env])
        for _ in range(self._config.planning_steps):
            cell, r_t, discount_t, s_t = model.sample(self._rng, len(step.cell))
            if cell.size:
                which = self._which(len(cell))
                values = self._values(s_t, self._legal[s_t], step.epsilon_t, which)
                self._table.move(self._cells(cell, which), r_t + discount_t * values)
                self.updates += 1

    def weights(self) -> Weights:
        """The table `q` [S, A], of two tables their mean; with UCB also the `visits` [S, A]."""
        weights: Weights = {"q": self._table.q.mean(axis=0)}
        if self._config.ucb:
            weights = {**weights, "visits": self._table.visits.sum(axis=0)}
        return weights

    def set_weights(self, weights: Weights) -> None:
        """Starts from another table.

        Its cells do not count as visited here, except with UCB: the first visit to one replaces
        its value where the step size falls with the visits.
        """
        found = fitted(weights, self.weights())
        self._table.q[:] = found["q"]
        if self._config.ucb:
            visits, tables = found["visits"], len(self._table.visits)
            self._table.visits[:] = visits // tables
            self._table.visits[0] += visits % tables

    def get_state(self) -> dict[str, Any]:
        """Everything a resumed run needs."""
        parts = (("windows", self._windows), ("traces", self._traces), ("model", self._model))
        return {
            "q": self._table.q,
            "visits": self._table.visits,
            "legal": self._legal,
            "rng": self._rng.bit_generator.state,
            "env_steps": self._env_steps,
            "updates": self.updates,
            **{name: part.get_state() for name, part in parts if part is not None},
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave."""
        self._table.q[:], self._table.visits[:] = state["q"], state["visits"]
        self._legal[:] = state["legal"]
        self._rng.bit_generator.state = state["rng"]
        self._env_steps, self.updates = int(state["env_steps"]), int(state["updates"])
        parts = (("windows", self._windows), ("traces", self._traces), ("model", self._model))
        for name, part in parts:
            if part is not None:
                part.set_state(state[name])
