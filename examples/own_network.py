"""An agent with a network of your own: a small DQN with replay, in TensorFlow.

python -m launch examples.own_network:SMALL_CARTPOLE --workers 2
"""

from dataclasses import dataclass
from typing import ClassVar

from actorlab import Agent, EpsilonSchedule, EvaluationConfig, Experiment, Learner, TrainingConfig
from agents.exploration import EpsilonGreedyActor
from agents.networks import Activation, Dense, Forward, LayerNorm, Network, flat_inputs
from agents.optimizer_config import OptimizerConfig
from agents.replay.accumulators import NStep
from agents.replay.replay import Replay
from agents.replay.samplers import Uniform
from agents.replay.storage import Storage

# TensorFlow is imported where learning begins, not here: workers act without it.


@dataclass(frozen=True, kw_only=True)
class SmallDQN(Agent):
    """Q-learning with replay; layer normalisation stands in for a target network."""

    needs_tensorflow: ClassVar[bool] = True  # so that it is set up before the learner is made

    units: int = 64
    """Units of each of the two hidden layers."""
    discount: float = 0.99
    """Discount γ per step."""
    learning_rate: float = 1e-3
    """Adam's step size."""
    batch_size: int = 64
    """Transitions of an update; there is one for every 2 environment steps."""
    epsilon: EpsilonSchedule = EpsilonSchedule(end=0.05, decay_steps=8_000)
    """Exploration."""

    def network(self, observation_space, action_space):
        """Described once: it acts in NumPy, learns in TensorFlow and is saved by Keras."""
        hidden = (Dense(self.units, "linear"), LayerNorm(), Activation("relu"))
        head = Dense(int(action_space.n), "linear")
        return Network(flat_inputs(observation_space), (*hidden, *hidden, head))

    def actor(self, observation_space, action_space, env_indices):
        forward = Forward(self.network(observation_space, action_space), env_indices)

        def values(weights, observations):  # [B, A] action values of observations [B, ...]
            return forward(weights, observations)[0]

        return EpsilonGreedyActor(values, int(action_space.n), self.epsilon, env_indices)

    def learner(self, observation_space, action_space, *, network_rng, replay_rng, **rest):
        network = self.network(observation_space, action_space)
        return SmallDQNLearner(self, network, network.initial_weights(network_rng), replay_rng)

    def exploration(self, env_steps):
        return {"epsilon": float(self.epsilon(env_steps))}  # logged as agent/epsilon

    def keras_model(self, observation_space, action_space, weights):
        return self.network(observation_space, action_space).keras_model(weights)


class SmallDQNLearner(Learner):
    """Holds all weights in one flat vector, which one optimizer moves."""

    def __init__(self, config, network, weights, replay_rng):
        import tensorflow as tf

        from agents.networks.layout import Layout
        from agents.optimizers import start

        self._config, self._network, self._layout = config, network, Layout(weights)
        self._flat = self._layout.join(weights)  # [P]
        self._adam = start(self._flat)
        self._replay = Replay(NStep(1, config.discount), Storage(20_000), Uniform(replay_rng))
        self._update = tf.function(self._step, jit_compile=True)

    def learn(self, rollout):
        self._replay.add(rollout)
        loss = 0.0
        for _ in range(rollout.env_steps // 2):
            columns = self._replay.sample(1, self._config.batch_size).columns  # [1, B, ...]
            batch = (columns[name][0] for name in ("s_tm1", "a_tm1", "r_t", "discount_t", "s_t"))
            self._flat, self._adam, loss = self._update(self._flat, self._adam, *batch)
            self.updates += 1
        return {"loss": float(loss)}

    def _step(self, flat, state, s_tm1, a_tm1, r_t, discount_t, s_t):
        import tensorflow as tf

        from agents.losses import q_learning
        from agents.optimizers import update

        q_t, _ = self._network.tensor(self._layout.split(flat), s_t)  # [B, A]
        with tf.GradientTape() as tape:
            tape.watch(flat)
            q_tm1, _ = self._network.tensor(self._layout.split(flat), s_tm1)  # [B, A]
            td_error = q_learning(q_tm1, a_tm1, r_t, discount_t, q_t)  # [B]
            loss = tf.reduce_mean(tf.square(td_error))
        gradient = tape.gradient(loss, flat)
        rate = self._config.learning_rate
        state, flat = update(OptimizerConfig(), state, flat, gradient, rate)
        return flat, state, loss

    def weights(self):
        return self._layout.arrays(self._flat)

    def get_state(self):
        adam = [array.numpy() for array in self._adam]
        state = {"flat": self._flat.numpy(), "adam": adam, "updates": self.updates}
        return {**state, "replay": self._replay.get_state()}

    def set_state(self, state):
        import tensorflow as tf

        self._flat = tf.constant(state["flat"])
        self._adam = type(self._adam)(*(tf.constant(array) for array in state["adam"]))
        self._replay.set_state(state["replay"])
        self.updates = state["updates"]


SMALL_CARTPOLE = Experiment(
    summary="A small DQN of one's own on CartPole-v1",
    config=TrainingConfig(
        env="CartPole-v1",
        agent=SmallDQN(),
        env_steps=40_000,
        solved_at=475.0,
        evaluation=EvaluationConfig(every_env_steps=4_000),
    ),
)
