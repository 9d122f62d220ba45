"""How soon Stable-Baselines3's DQN solves CartPole-v1: a mean of 475 over 100 greedy episodes.

Its settings are the ones that its authors tuned for this task: rl-baselines3-zoo,
hyperparams/dqn.yml, CartPole-v1. Evaluations are the library's own `EvalCallback`, which also stops
training; 100 environments with one episode each are its fastest way to play them. As always with
that callback, an evaluation at the end of a rollout comes before the updates that follow it.
One PyTorch thread is the default, since it is faster than the library's own choice.
"""

import argparse
import json
import time

import torch
from measuring import ENVIRONMENT, seconds_since_process_start
from stable_baselines3 import DQN
from stable_baselines3.common.callbacks import EvalCallback, StopTrainingOnRewardThreshold
from stable_baselines3.common.env_util import make_vec_env

EPISODES = 100
SOLVED = 475.0


class TimedEvaluation(EvalCallback):
    """Sums the time that evaluations take."""

    seconds = 0.0

    def _on_step(self) -> bool:
        began = time.perf_counter()
        go_on = super()._on_step()
        self.seconds += time.perf_counter() - began
        return go_on


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=50_000, help="give up after as many")
    parser.add_argument("--evaluate-every", type=int, default=2048, help="environment steps")
    parser.add_argument("--evaluation-envs", type=int, default=EPISODES, help="side by side")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="0: the library's default")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    model = DQN(
        "MlpPolicy",
        ENVIRONMENT,
        learning_rate=2.3e-3,
        buffer_size=100_000,
        learning_starts=1_000,
        batch_size=64,
        gamma=0.99,
        train_freq=256,
        gradient_steps=128,
        target_update_interval=10,
        exploration_fraction=0.16,
        exploration_final_eps=0.04,
        policy_kwargs={"net_arch": [256, 256]},
        seed=given.seed,
        device="cpu",
    )
    evaluation = TimedEvaluation(
        make_vec_env(ENVIRONMENT, n_envs=given.evaluation_envs, seed=given.seed + 1_000),
        callback_on_new_best=StopTrainingOnRewardThreshold(SOLVED),
        n_eval_episodes=EPISODES,
        eval_freq=given.evaluate_every,
        deterministic=True,
        verbose=0,
    )
    model.learn(given.steps, callback=evaluation)
    result = {
        "name": "Stable-Baselines3",
        "seed": given.seed,
        "solved": bool(evaluation.best_mean_reward >= SOLVED),
        "env_steps": model.num_timesteps,
        "seconds_since_process_start": seconds_since_process_start(),
        "evaluation_seconds": evaluation.seconds,
        "best_mean": float(evaluation.best_mean_reward),
    }
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
