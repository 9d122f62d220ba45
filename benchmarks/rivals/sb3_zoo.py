"""Stable-Baselines3's DQN and QR-DQN on classic control, with the settings that its authors tuned.

They are those of rl-baselines3-zoo, hyperparams/dqn.yml and qrdqn.yml, with its budgets; QR-DQN is
of its contrib package. The clock stops at the end of training; the last weights are then
evaluated, which is not counted.
"""

import argparse
import json
import time
from importlib.metadata import version

import torch
from measuring import seconds_since_process_start
from sb3_contrib import QRDQN
from stable_baselines3 import DQN
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy

PACKAGES = ("stable-baselines3", "sb3-contrib", "torch")
EPISODES = 100
_LANDING = {
    "learning_rate": 6.3e-4,
    "batch_size": 128,
    "buffer_size": 50_000,
    "learning_starts": 0,
    "gamma": 0.99,
    "target_update_interval": 250,
    "train_freq": 4,
    "gradient_steps": -1,
    "exploration_fraction": 0.12,
    "exploration_final_eps": 0.1,
}
ZOO = {
    "CartPole-v1": (
        50_000,
        {
            "learning_rate": 2.3e-3,
            "batch_size": 64,
            "buffer_size": 100_000,
            "learning_starts": 1_000,
            "gamma": 0.99,
            "target_update_interval": 10,
            "train_freq": 256,
            "gradient_steps": 128,
            "exploration_fraction": 0.16,
            "exploration_final_eps": 0.04,
        },
    ),
    "MountainCar-v0": (
        120_000,
        {
            "learning_rate": 4e-3,
            "batch_size": 128,
            "buffer_size": 10_000,
            "learning_starts": 1_000,
            "gamma": 0.98,
            "target_update_interval": 600,
            "train_freq": 16,
            "gradient_steps": 8,
            "exploration_fraction": 0.2,
            "exploration_final_eps": 0.07,
        },
    ),
    "Acrobot-v1": (100_000, _LANDING),
    "LunarLander-v3": (100_000, _LANDING),
}
# What the zoo's QR-DQN has otherwise than its DQN.
QUANTILES = {
    "CartPole-v1": {"n_quantiles": 10, "settings": {}},
    "MountainCar-v0": {"n_quantiles": 25, "settings": {}},
    "Acrobot-v1": {"n_quantiles": 25, "settings": {}},
    "LunarLander-v3": {
        "n_quantiles": 170,
        "settings": {
            "learning_rate": lambda left: 1.5e-3 * left,
            "buffer_size": 100_000,
            "learning_starts": 10_000,
            "gamma": 0.995,
            "target_update_interval": 1,
            "train_freq": 256,
            "exploration_fraction": 0.24,
            "exploration_final_eps": 0.18,
        },
    },
}
_AGENTS = ("dqn", "qrdqn")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--agent", choices=_AGENTS, default="dqn")
    parser.add_argument("--env", choices=ZOO, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="0: the library's default")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    steps, settings = ZOO[given.env]
    agent, own, quantiles = DQN, {}, {}
    if given.agent == "qrdqn":
        agent, own = QRDQN, QUANTILES[given.env]
        quantiles = {"n_quantiles": own["n_quantiles"]}
    model = agent(
        "MlpPolicy",
        given.env,
        **{**settings, **own["settings"]} if own else settings,
        policy_kwargs={"net_arch": [256, 256], **quantiles},
        seed=given.seed,
        device="cpu",
    )
    model.learn(steps)
    seconds, core_seconds = seconds_since_process_start(), time.process_time()
    episodes = make_vec_env(given.env, n_envs=10, seed=given.seed + 1_000)
    returns, _ = evaluate_policy(model, episodes, EPISODES, return_episode_rewards=True)
    result = {
        "name": f"Stable-Baselines3 {given.agent}",
        "env": given.env,
        "seed": given.seed,
        "env_steps": model.num_timesteps,
        "seconds_since_process_start": seconds,
        "core_seconds": core_seconds,
        "final": sum(returns) / len(returns),
        "made_with": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
