"""An agent of your own: SARSA with softmax exploration, on a cliff.

python -m launch examples.sarsa:SARSA_CLIFF --workers 2 --agent.temperature 0.5
"""

from dataclasses import dataclass

import numpy as np

from actorlab import Agent, EvaluationConfig, Experiment, Learner, TrainingConfig
from agents.actor import Actor, ActorOutput


@dataclass(frozen=True, kw_only=True)
class Sarsa(Agent):
    """SARSA (Rummery and Niranjan 1994): learns what its own, exploring, behaviour is worth."""

    learning_rate: float = 0.1
    """Step size, in (0, 1]."""
    temperature: float = 1.0
    """Actions are taken in proportion to exp(value / temperature)."""

    def actor(self, observation_space, action_space, env_indices):
        return SoftmaxActor(self.temperature)

    def learner(self, observation_space, action_space, **rest):
        return SarsaLearner(self, np.zeros((observation_space.n, action_space.n)))


class SoftmaxActor(Actor):
    """Explores by the values of actions, and takes the best without exploration."""

    draws = 1  # a uniform draw for each step and environment

    def __init__(self, temperature):
        self._temperature = temperature

    def exploration(self, env_steps, draws):
        return list(draws[:, 0])  # T arrays [B]

    def act(self, weights, observations, state, exploration=None):
        q = weights["q"][observations]  # [B, A]
        if exploration is None:
            return ActorOutput(q.argmax(axis=1).astype(np.int32))
        upto = np.exp((q - q.max(axis=1, keepdims=True)) / self._temperature).cumsum(axis=1)
        return ActorOutput((upto < exploration[:, None] * upto[:, -1:]).sum(axis=1, dtype=np.int32))


class SarsaLearner(Learner):
    """Learns a table, each step once its next action is known."""

    def __init__(self, config, q):
        self._config, self._q = config, q  # [S, A]
        self._open = []  # of the step before: states, actions, rewards and who goes on, [B] each

    def learn(self, rollout):
        for t, (s, a) in enumerate(zip(rollout.s_tm1, rollout.a_tm1, strict=True)):
            if self._open:  # now its next action is known
                self._update(self._open, self._q[s, a])
            step, over = [s, a, rollout.r_t[t]], rollout.terminated_t[t]
            self._update([*step, over & ~rollout.dropped_t[t]], np.zeros(len(s)))
            self._open = [*step, ~(over | rollout.truncated_t[t] | rollout.dropped_t[t])]
            self.updates += 1
        return {"mean_q": float(self._q.mean())}

    def _update(self, step, value):
        s, a, r, rows = step
        error = r + value - self._q[s, a]
        np.add.at(self._q, (s[rows], a[rows]), self._config.learning_rate * error[rows])

    def weights(self):
        return {"q": self._q.copy()}

    def get_state(self):
        return {"q": self._q, "open": self._open, "updates": self.updates}

    def set_state(self, state):
        self._q, self._open, self.updates = state["q"], list(state["open"]), state["updates"]


SARSA_CLIFF = Experiment(
    summary="SARSA walks along a cliff",
    config=TrainingConfig(
        env="CliffWalking-v1",
        agent=Sarsa(),
        env_steps=200_000,
        evaluation=EvaluationConfig(every_env_steps=20_000, episodes=1, final_episodes=10),
    ),
)
