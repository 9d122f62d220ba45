"""Our side of benchmarks/minatar_race.py: `dqn_minatar` as it is, without evaluations.

    python -m benchmarks.minatar_ours --game Breakout --steps 100000 --warm-up 20000

Epsilon falls to its end in the warm-up, as benchmarks/rivals/sb3_minatar.py says why.
"""

import os
from dataclasses import replace

from agents.dqn.config import DQN
from benchmarks import ours
from benchmarks.rivals import measuring
from launch.config.training import TrainingConfig
from launch.experiments import catalog
from training.evaluate import EvaluationConfig


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    base = catalog.get("dqn_minatar").config
    assert isinstance(base, TrainingConfig)
    assert isinstance(base.agent, DQN)
    given = measuring.arguments(
        __doc__,
        ours.WORKERS,
        ("--game", {"default": "Breakout", "help": "as our ids name it"}),
        every=(int(base.agent.env_steps_per_update),),
        learning_starts=base.agent.learning_starts,
    )
    epsilon = replace(base.agent.epsilon, decay_steps=given.warm_up)
    wanted = replace(
        base,
        env=f"MinAtar/{given.game}-v1",
        agent=replace(base.agent, epsilon=epsilon),
        env_steps=given.steps,
        evaluation=EvaluationConfig(every_env_steps=0, final_episodes=1),
    )
    ours.measure("dqn_minatar", wanted, measuring.Clock(given))


if __name__ == "__main__":
    main()
