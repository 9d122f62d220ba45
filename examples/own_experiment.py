"""An experiment of your own: settings under a name, with flags, several seeds, a report, a search.

python -m launch examples.own_experiment:ACROBOT --seeds 0-2
python -m launch report runs/examples.own_experiment.ACROBOT
python -m launch tune examples.own_experiment:ACROBOT --trials 6
"""

from actorlab import (
    DQN,
    Choice,
    Claim,
    EpsilonSchedule,
    EvaluationConfig,
    Experiment,
    Range,
    TrainingConfig,
)

ACROBOT = Experiment(
    summary="DQN swings Acrobot up, with a dueling network",
    config=TrainingConfig(
        env="Acrobot-v1",
        agent=DQN(
            hidden_sizes=(64, 64),
            dueling=True,
            n_step=3,
            env_steps_per_update=2,
            epsilon=EpsilonSchedule(end=0.05, decay_steps=15_000),
        ),
        env_steps=50_000,
        solved_at=-100.0,
        evaluation=EvaluationConfig(every_env_steps=5_000, episodes=20),
    ),
    claim=Claim(note="Acrobot has no known optimum; Gymnasium calls it solved at -100"),
    space={
        "agent.learning_rate": Range(low=3e-4, high=3e-3, log=True),
        "agent.n_step": Choice(values=(1, 3)),
    },
)
