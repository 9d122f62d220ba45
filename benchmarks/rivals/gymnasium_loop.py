"""Q-learning with a table on slippery FrozenLake-v1 4x4, as a tutorial writes it, on Gymnasium.

The settings are those of Gymnasium's FrozenLake tutorial: learning rate 0.8, discount 0.95, epsilon
0.1. That tutorial breaks ties between actions with `Generator.choice`, which takes nearly half of
the time; here the table starts from tiny random values instead, so that `argmax` will do.
The second figure is the bare environment under random actions drawn beforehand. Needs nothing but
Gymnasium and NumPy: the project's own environment runs it.
"""

import argparse
import json
import time

import gymnasium
import numpy as np

LEARNING_RATE, DISCOUNT, EPSILON = 0.8, 0.95, 0.1


def make_env() -> gymnasium.Env:
    return gymnasium.make("FrozenLake-v1", map_name="4x4", is_slippery=True)


def learning_seconds(steps: int, seed: int) -> float:
    """Time of as many steps of Q-learning, action choice and table update included."""
    env = make_env()
    generator = np.random.default_rng(seed)
    table = generator.uniform(0, 1e-6, (env.observation_space.n, env.action_space.n))
    state, _ = env.reset(seed=seed)
    env.action_space.seed(seed)
    began = time.perf_counter()
    for _ in range(steps):
        if generator.random() < EPSILON:
            action = env.action_space.sample()
        else:
            action = int(table[state].argmax())
        next_state, reward, terminated, truncated, _ = env.step(action)
        future = 0.0 if terminated else table[next_state].max()
        error = reward + DISCOUNT * future - table[state, action]
        table[state, action] += LEARNING_RATE * error
        state = env.reset()[0] if terminated or truncated else next_state
    return time.perf_counter() - began


def env_seconds(steps: int, seed: int) -> float:
    """Time of as many steps under random actions."""
    env = make_env()
    actions = np.random.default_rng(seed).integers(env.action_space.n, size=steps).tolist()
    env.reset(seed=seed)
    began = time.perf_counter()
    for action in actions:
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            env.reset()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--warm-up", type=int, default=3_000, help="steps of a run not counted")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    for measure in (learning_seconds, env_seconds):
        measure(given.warm_up, given.seed)
    result = {
        "name": "Gymnasium, tutorial loop",
        "version": gymnasium.__version__,
        "steps_per_second": given.steps / learning_seconds(given.steps, given.seed),
        "env_only_steps_per_second": given.steps / env_seconds(given.steps, given.seed),
    }
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
