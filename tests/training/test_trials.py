"""The episodes that choose something, and those that are told: none is of both."""

import numpy as np

from agents.q_table.config import QTable
from envs.randomness import Purpose, derive, episode_seeds
from training.evaluate import Evaluate, EvaluationConfig, final, trial
from training.evaluation import Evaluation
from training.train import train


def _seeds(evaluation: Evaluation) -> set[int]:
    keys = derive(evaluation.seed, evaluation.purpose, np.asarray(evaluation.env_indices))
    return {int(seed) for episode in range(3) for seed in episode_seeds(keys, episode)}


def test_no_episode_of_a_choice_is_one_of_a_figure():
    figure = _seeds(final(100, 0))
    assert len(figure) == 300
    for number in range(3):
        chosen = Evaluation(purpose=Purpose.EVALUATION, episodes=20, seed=0, number=number)
        assert not figure & _seeds(chosen)
        assert not _seeds(trial(100, 0)) & _seeds(chosen)
    assert not figure & _seeds(trial(100, 0))


def test_a_trial_plays_its_own_episodes_and_not_the_final_ones():
    config = EvaluationConfig(every_env_steps=256, episodes=5, final_episodes=20)
    played: list[Purpose] = []

    class Watched(Evaluate):
        def _play(self, training, plan, weights, doing):
            played.append(plan.purpose)
            return super()._play(training, plan, weights, doing)

    judged = Watched(config, final=False)
    train(QTable(), "FrozenLake-v1", env_steps=512, callbacks=[judged])
    assert set(played) == {Purpose.EVALUATION, Purpose.TRIAL}
    assert played[-1] == Purpose.TRIAL
    assert played.count(Purpose.TRIAL) == 1
    assert judged.trial_scores is not None
    assert judged.trial_scores.episodes == 20
    assert judged.scores is judged.last_scores is judged.random_scores is None
