"""The callback that draws what an agent has learned, while it learns and at the end."""

import csv
import logging
import time
from collections.abc import Mapping
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete

from agents.network_actor import MEMORY
from agents.weights import Array, Weights
from common.errors import RAISED
from common.text import one_line
from envs import grids, naming, registry
from envs.planning import optimal_values
from envs.published import published_model
from launch.jobs.rl.moments import moments
from launch.jobs.rl.run_spec import RunSpec
from launch.run_folder.files import replacing
from launch.run_folder.names import POLICY_MAP, Q_TABLE, Q_VALUES, VALUE_MAP
from training.callbacks import Callback
from training.evaluate import final
from training.events import EndStatus, EvaluationDone
from training.loop import Training
from training.pipeline import Iteration

_LOG = logging.getLogger(__name__)
_SHARE = 0.02
"""Of the time so far that pictures may take before the end."""
_STATES = 100_000  # of a table at most
_POINTS = 61  # along each number of an observation
_STEPS = 500  # of the episode whose values are drawn, at most
_SECONDS = 1.0  # that it is played for, at most
_STAGES = 8  # kept of a training, at most

Floats = npt.NDArray[np.float64]


class Pictures(Callback):
    """Draws a map of the policy, a map of values, or values along an episode, as there can be.

    Visits and the values of earlier evaluations go through checkpoints, so that a resumed run
    draws the same pictures.
    """

    name = "pictures"

    def __init__(self, spec: RunSpec, folder: Path):
        """Makes the callback.

        Args:
            spec: What the run is made from.
            folder: Its folder.
        """
        self._spec, self._folder = spec, folder
        env = spec.rollout_config.env
        self._spaces = registry.spaces(env)
        space = self._spaces[0]
        self._states = int(space.n) if isinstance(space, Discrete) else 0
        self._grid = grids.grid(env) if self._states else None
        self._is_low = isinstance(space, Box) and space.shape in ((1,), (2,))
        self._visits = np.zeros(self._states if self._states <= _STATES else 0, np.int64)
        self._low, self._high = np.array([np.inf] * 2), np.array([-np.inf] * 2)
        self._stages: list[tuple[int, Floats]] = []  # env steps, [S, A] values
        self._began, self._spent, self._cost = time.monotonic(), 0.0, 0.5

    def on_iteration(self, training: Training, done: Iteration) -> None:
        seen = done.rollout.s_tm1
        if len(self._visits):
            self._visits += np.bincount(seen.ravel(), minlength=len(self._visits))
        elif self._is_low:
            self._low = np.minimum(self._low[: seen.shape[-1]], seen.min(axis=(0, 1)))
            self._high = np.maximum(self._high[: seen.shape[-1]], seen.max(axis=(0, 1)))

    def on_evaluation(self, training: Training, done: EvaluationDone) -> None:
        if self._grid is None:
            return
        q = self._values(training.learner.evaluated_weights(), np.arange(self._states))
        if q is None:
            return
        self._stages.append((done.env_steps, q))
        if len(self._stages) > _STAGES:
            self._stages = self._stages[::2]
        if self._spent + self._cost <= _SHARE * (time.monotonic() - self._began):
            self._timed(lambda: self._draw_policy_map(q))

    def on_end(self, training: Training, status: EndStatus) -> None:
        if status == "finished" and not training.interrupted():
            training.tell("on_activity", "drawing what the agent has learned")
            self._timed(lambda: self._draw(training))

    def _timed(self, draw: Any) -> None:
        """Draws; a picture is no reason to fail."""
        began = time.monotonic()
        try:
            draw()
        except RAISED as error:
            _LOG.warning("no picture: %s: %s", type(error).__name__, one_line(error))
        self._cost = time.monotonic() - began
        self._spent += self._cost

    def _draw(self, training: Training) -> None:
        weights = training.kept_weights
        if len(self._visits):
            q = self._values(weights, np.arange(self._states))
            if q is not None:
                self._write_table(q)
                if self._grid is not None:
                    self._draw_policy_map(q)
                    return
        if not (self._is_low and self._draw_value_map(weights)):
            self._draw_episode(training, weights)

    def _values(self, weights: Weights, observations: Array) -> Floats | None:
        """Action values [N, A] of observations [N, ...]; None where they depend on more."""
        agent = self._spec.rollout_config.agent
        actor = agent.actor(*self._spaces, range(len(observations)))
        state = actor.initial_state()
        found = None if MEMORY in state else actor.values(weights, observations, state)
        return None if found is None else np.array(found, np.float64)

    @property
    def _title(self) -> str:
        config = self._spec.config
        return f"{self._spec.experiment}: {config.task}, seed {config.seed}"

    def _draw_policy_map(self, q: Floats) -> None:
        from launch.reports import maps  # Matplotlib

        env, agent = self._spec.rollout_config.env, self._spec.rollout_config.agent
        model = published_model(env)
        assert self._grid is not None
        assert model is not None
        legal = True if model.legal is None else model.legal
        worst = np.finfo(np.float64).min
        early = [self._stages[0], self._stages[len(self._stages) // 2]] if self._stages else []
        shown = [(f"{steps:,} steps", old) for steps, old in dict(early).items()]
        shown += [("policy kept", q)]
        stages = [maps.Stage(title=name, q=np.where(legal, of, worst)) for name, of in shown]
        best = optimal_values(model, agent.optimal_discount)
        stages.append(maps.Stage(title="optimum", q=best))
        names = naming.action_names(env)
        path = self._folder / POLICY_MAP
        maps.policy_map(path, self._title, self._grid, names, stages, self._visits)

    def _write_table(self, q: Floats) -> None:
        """Writes the action values of each state, with the names of the actions."""
        names = naming.action_names(self._spec.rollout_config.env)
        places: list[list[int]] = [[]] * len(q)
        head = ["state"]
        if self._grid is not None:
            head += ["row", "column"]
            places = np.stack([self._grid.rows, self._grid.columns], axis=1).tolist()
        with replacing(self._folder / Q_TABLE) as unfinished, open(unfinished, "w") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow([*head, "visits", "best", *names])
            best = q.argmax(axis=1)
            for state, values in enumerate(q.tolist()):
                told = [f"{value:.6g}" for value in values]
                place = [state, *places[state], self._visits[state]]
                rows.writerow([*place, names[best[state]], *told])

    def _draw_value_map(self, weights: Weights) -> bool:
        """Draws values over all observations; False where the agent has none by themselves."""
        space = self._spaces[0]
        assert isinstance(space, Box)
        low = np.where(np.isfinite(space.low), space.low, self._low).astype(np.float64)
        high = np.where(np.isfinite(space.high), space.high, self._high).astype(np.float64)
        axes = [np.linspace(*bounds, _POINTS) for bounds in zip(low, high, strict=True)]
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)  # [N, (N,) D]
        q = self._values(weights, points.reshape(-1, len(low)).astype(space.dtype))
        if q is None:
            return False
        from launch.reports import maps  # Matplotlib

        env, path = self._spec.rollout_config.env, self._folder / VALUE_MAP
        seen, names = naming.observation_names(env, len(low)), naming.action_names(env)
        q = q.reshape(*points.shape[:-1], -1)
        maps.value_map(path, self._title, seen, names, low, high, q)
        return True

    def _draw_episode(self, training: Training, weights: Weights) -> None:
        config, env = self._spec.config, training.env
        if config.placement.workers and not registry.is_trusted(env):
            return  # it is not stepped in this process
        deadline = time.monotonic() + _SECONDS
        played = []
        with closing(moments(env, training.agent, weights, final(1, training.seed))) as told:
            for moment in islice(told, _STEPS):
                played.append(moment)
                if time.monotonic() > deadline:
                    break
        if any(moment.values is None for moment in played):
            return
        from launch.reports import maps  # Matplotlib

        q = np.array([moment.values for moment in played])
        taken = np.array([moment.action for moment in played])
        # Where rewards are scaled or clipped, values are none of the returns of the environment.
        changed = config.transforms.reward_scale != 1 or config.transforms.clip_rewards
        still = None
        if played[-1].over and not changed:
            still = discounted([moment.reward for moment in played], config.agent.optimal_discount)
        path = self._folder / Q_VALUES
        maps.along_an_episode(path, self._title, naming.action_names(env), q, taken, still)

    def get_state(self) -> dict[str, Any]:
        return {
            "visits": self._visits,
            "low": self._low,
            "high": self._high,
            "stages": [{"env_steps": steps, "q": q} for steps, q in self._stages],
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._visits = np.array(state["visits"])
        self._low, self._high = np.array(state["low"]), np.array(state["high"])
        self._stages = [(int(each["env_steps"]), each["q"]) for each in state["stages"]]


def discounted(rewards: list[float], discount: float) -> Floats:
    """The discounted return [T] from each of T steps to the end."""
    found, following = [], 0.0
    for reward in reversed(rewards):
        following = reward + discount * following
        found.append(following)
    return np.array(found[::-1])
