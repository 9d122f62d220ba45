"""What a user's own agent gives is checked where it comes in, and said in one line."""

import json
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

import actorlab
from agents.actor import Actor, ActorError, ActorOutput
from agents.agent import Agent, Learner
from agents.networks import GRU, Conv, Dense, NoisyDense
from agents.q_table.config import QTable
from common.errors import Diverged, RunError
from envs.options import EnvOptions
from envs.sources import Configured
from training.evaluate import Evaluate, EvaluationConfig
from training.rollout_config import RolloutConfig
from training.train import train

ENV = "FrozenLake-v1"
SHORT: dict[str, Any] = {"env_steps": 80, "num_envs": 4, "rollout_length": 5}


class OwnActor(Actor):
    def __init__(self, gives: dict[str, Any], env_indices):
        self._gives, self._num_envs = gives, len(env_indices)

    def initial_state(self):
        return {"h": np.zeros((self._num_envs, 3), np.float32)} if "state" in self._gives else {}

    def exploration(self, env_steps, draws):
        return [None] * (len(env_steps) - self._gives.get("short", 0))

    def act(self, weights, observations, state, exploration=None):
        actions = np.zeros(len(observations), np.int32)
        given = {"actions": actions, "state": state, "extras": {}}
        return ActorOutput(**{**given, **{k: v for k, v in self._gives.items() if k in given}})


class OwnLearner(Learner):
    def __init__(self, gives: dict[str, Any]):
        self._gives = gives

    def learn(self, rollout):
        if "raises" in self._gives:
            raise self._gives["raises"]
        return self._gives.get("metrics", {})

    def weights(self):
        return self._gives.get("weights", {"w": np.zeros(1)})

    def get_state(self):
        return self._gives.get("learner_state", {})

    def set_state(self, state):
        pass


@dataclass(frozen=True, kw_only=True)
class Own(Agent):
    gives: ClassVar[dict[str, Any]] = {}

    def actor(self, observation_space, action_space, env_indices):
        return OwnActor(self.gives, env_indices)

    def learner(self, observation_space, action_space, **options):
        return OwnLearner(self.gives)


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch):
    monkeypatch.setattr(Own, "gives", {})


def _own(**gives: Any) -> Agent:
    Own.gives = gives
    return Own()


@pytest.mark.parametrize(
    ("gives", "why"),
    [
        ({"actions": np.full(4, 4, np.int32)}, "action 4 is not one of 0 to 3"),
        ({"actions": np.full(4, -1, np.int32)}, "action -1 is not one of 0 to 3"),
        ({"actions": np.zeros(4)}, r"float64 \[4\], expected an int32"),
        ({"actions": np.zeros(3, np.int32)}, r"int32 \[3\], expected int32 \[4\]"),
        ({"actions": [0, 0, 0, 0]}, "list"),
        ({"state": {}}, r"state is nothing, and began as h: float32 \[4, 3\]"),
        ({"state": {"h": np.zeros((4, 3))}}, r"state is h: float64"),
        ({"extras": {"q": np.float32(1)}}, r"'q' has shape \[\]"),
        ({"extras": {"r_t": np.zeros(4)}}, "may not have a column's name"),
        ({"short": 1}, "exploration has 4 steps, expected 5"),
    ],
)
def test_what_an_actor_gives(gives, why):
    with pytest.raises(ActorError, match=why):
        train(_own(**gives), ENV, **SHORT)


@pytest.mark.parametrize(
    ("gives", "why"),
    [
        ({"weights": [np.zeros(1)]}, "weights are a list, not arrays by name"),
        ({"weights": {"w": [1.0]}}, "have list under 'w'"),
        ({"weights": {0: np.zeros(1)}}, "under 0"),
        ({"metrics": None}, "gave NoneType, expected metrics"),
        ({"metrics": {"loss": "low"}}, "metric 'loss' as 'low'"),
    ],
)
def test_what_a_learner_gives(gives, why):
    with pytest.raises(ValueError, match=why):
        train(_own(**gives), ENV, **SHORT)


def test_weights_that_are_not_finite_are_not_evaluated():
    short = EvaluationConfig(every_env_steps=0, final_episodes=2)
    with pytest.raises(Diverged, match="weights are not finite"):
        train(_own(weights={"w": np.array([np.nan])}), ENV, **SHORT, callbacks=[Evaluate(short)])


def test_settings_that_would_be_lost_are_refused():
    class Plain(Own):
        def __init__(self, rate=0.1):
            pass

    with pytest.raises(ValueError, match=r"decorate it with @dataclass\(frozen=True"):
        train(Plain(), ENV, **SHORT)
    with pytest.raises(ValueError, match=r"expected an Agent such as DQN\(\)"):
        train(actorlab.QTable, ENV, **SHORT)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    "make",
    [lambda: Dense(8, "elu"), lambda: Conv(0, 3), lambda: NoisyDense(-1), lambda: GRU(0)],
)
def test_a_layer_that_cannot_be_is_refused(make):
    with pytest.raises(ValueError, match="expected"):
        make()


class TestRuns:
    """What somebody else's code raises ends a run in one line, its traceback kept."""

    def _train(self, tmp_path, agent, **options):
        return actorlab.train(ENV, agent, **SHORT, run_dir=tmp_path / "run", **options)

    def test_a_learner_that_raises_is_not_taken_for_a_full_disk(self, tmp_path):
        error = FileNotFoundError(2, "No such file", "table.npz")
        with pytest.raises(RunError, match=r"FileNotFoundError: .*table\.npz.*launch resume"):
            self._train(tmp_path, _own(raises=error))
        assert "OwnLearner" not in (tmp_path / "run/failure.txt").read_text().splitlines()[-1]
        assert "in learn" in (tmp_path / "run/failure.txt").read_text()
        assert json.loads((tmp_path / "run/result.json").read_text())["status"] == "failed"

    def test_a_state_that_cannot_be_kept_is_said_at_the_start(self, tmp_path):
        state = {"memory": np.array([object()])}
        with pytest.raises(RunError, match=r"get_state gave a ndarray at .*/learner/memory"):
            self._train(tmp_path, _own(learner_state=state))

    def test_numpy_numbers_are_numbers(self, tmp_path):
        metrics = {"loss": np.float32(0.5)}
        run = self._train(tmp_path, _own(metrics=metrics), solved_at=np.float64(1.0))
        assert run.result.status == "finished"
        lines = (tmp_path / "run/metrics.jsonl").read_text().splitlines()
        assert json.loads(lines[0])["learner/loss"] == 0.5

    def test_an_agent_that_could_not_be_found_again_is_refused_before_it_trains(self, tmp_path):
        @dataclass(frozen=True, kw_only=True)
        class Inner(Own):
            pass

        with pytest.raises(actorlab.UsageError, match="inside a function"):
            self._train(tmp_path, Inner())
        assert not (tmp_path / "run").exists()

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"callbacks": [actorlab.Callback]}, "expected a list of actorlab.Callback instances"),
            ({"callbacks": actorlab.Callback()}, "expected a list of actorlab.Callback instances"),
            ({"env_steps": 0.5}, "--env-steps must be a whole number, got 0.5"),
            ({"workers": "2"}, "--workers must be a whole number, got '2'"),
            ({"run_dir": 3}, "--run-dir must be a path or None, got 3"),
            ({"name": 3}, "name=3: expected a text"),
        ],
    )
    def test_arguments_of_other_libraries_are_explained(self, tmp_path, change, why):
        options = {**SHORT, "run_dir": tmp_path / "run", **change}
        with pytest.raises(actorlab.UsageError, match=why):
            actorlab.train(ENV, actorlab.QTable(), **options)
        with pytest.raises(actorlab.UsageError, match="expected an agent such as"):
            actorlab.train(ENV, "dqn", env_steps=10)  # pyright: ignore[reportArgumentType]


def test_workers_import_what_agent_environment_and_wrappers_are_made_of():
    options = EnvOptions(wrappers=("my.wrappers:Clip", "others:Stack"))
    env = Configured("tests.envs.toy:Room-v0", options)
    config = RolloutConfig(env=env, agent=QTable())
    assert config.modules == {"agents.q_table.config", "tests.envs.toy", "my.wrappers", "others"}
    assert RolloutConfig(env="CartPole-v1", agent=QTable()).modules == {"agents.q_table.config"}


@pytest.mark.parametrize("given", [[np.nan] * 4, [0.0, 0.0, 0.0, np.inf], [0.0] * 3, "left"])
def test_a_policy_takes_no_row_that_is_none(given):
    agent, env = actorlab.LinearQ(), "CartPole-v1"
    policy = actorlab.Policy(agent, env, {"w": np.zeros((2, 4)), "b": np.zeros(2)})
    with pytest.raises(ValueError, match="none of the environment's"):
        policy.act(given)


@pytest.mark.parametrize("given", [0.5, 2.7, True, np.True_, 99, -1, np.nan, None])
def test_a_policy_takes_no_state_that_is_none(given):
    policy = actorlab.Policy(actorlab.QTable(), "FrozenLake-v1", {"q": np.eye(16, 4)})
    assert policy.act(2) == policy.act(np.int64(2)) == policy.act(2.0) == 2
    with pytest.raises(ValueError, match="none of the environment's"):
        policy.act(given)
