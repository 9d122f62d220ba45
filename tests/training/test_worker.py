import numpy as np
import pytest

from agents.actor import Actor, ActorOutput
from agents.q_table.config import QTable
from agents.schedules import EpsilonSchedule
from envs.faults import EnvironmentFault
from envs.randomness import Purpose, derive, uniform
from tests.envs.toy import Corridor, Guess
from tests.training.fakes import MixingAgent
from training.episodes import EpisodeTracker
from training.evaluation import Evaluation, EvaluationResult
from training.unroll import Positions
from training.worker import RolloutResult, RolloutWorker

WEIGHTS = {"w": np.array(0.25)}
NUM_ENVS, STEPS = 5, 7
BLOCKS = ([range(5)], [range(2), range(2, 5)], [range(1), range(1, 2), range(2, 5)])


def _worker(block=range(NUM_ENVS), positions=None, **changes) -> RolloutWorker:
    settings = {
        "env": "tests.envs.toy:Guess-v0",
        "agent": MixingAgent(),
        "seed": 3,
        "num_envs": NUM_ENVS,
        "block": block,
        "positions": positions,
        "hide_gpus": False,
    }
    return RolloutWorker(**{**settings, **changes})


def _same(left: RolloutResult, right: RolloutResult) -> None:
    for name, array in vars(left.rollout).items():
        if name != "extras":
            np.testing.assert_array_equal(array, getattr(right.rollout, name))
    for named, others in ((left.rollout.extras, right.rollout.extras), (left.state, right.state)):
        assert list(named) == list(others)
        for name, array in named.items():
            np.testing.assert_array_equal(array, others[name])
            assert array.dtype == others[name].dtype
    np.testing.assert_array_equal(left.episodes, right.episodes)
    assert [fault.place for fault in left.faults] == [fault.place for fault in right.faults]


def _iterations(blocks, count=4, **changes) -> list[RolloutResult]:
    workers = [_worker(block, **changes) for block in blocks]
    return [
        RolloutResult.merge([worker.rollout(WEIGHTS, r * STEPS, STEPS) for worker in workers])
        for r in range(count)
    ]


@pytest.mark.parametrize("blocks", BLOCKS[1:], ids=["two", "three"])
@pytest.mark.parametrize(
    ("env", "on_fault"), [("toy:Guess-v0", "fail"), ("broken:Broken-raise-v0", "drop")]
)
def test_several_workers_merged_give_the_bits_of_one(blocks, env, on_fault):
    whole, parts = (
        _iterations(workers, env=f"tests.envs.{env}", on_fault=on_fault)
        for workers in (BLOCKS[0], blocks)
    )
    for one in whole:
        assert one.rollout.s_tm1.shape[:2] == (STEPS, NUM_ENVS)
        assert set(one.rollout.extras) == {"draws", "taken", "mixed"}
        assert one.state["mixed"].shape == (NUM_ENVS, 1)
    assert any(one.faults for one in whole) == (on_fault == "drop")
    for one, many in zip(whole, parts, strict=True):
        _same(one, many)


@pytest.mark.parametrize("blocks", BLOCKS, ids=["one", "two", "three"])
@pytest.mark.parametrize("after", [0, 1, 3])
def test_workers_restored_at_positions_go_on_with_the_same_bits(blocks, after):
    iterations = _iterations(BLOCKS[0])
    tracker = EpisodeTracker(NUM_ENVS)
    for done in iterations[:after]:
        tracker.update(done)
    positions = tracker.positions()
    assert bool(positions.state) == (after > 0)
    if after == 3:  # 21 steps of episodes of 10: in the middle of the third
        assert positions.episodes.tolist() == [2] * NUM_ENVS
        assert [len(actions) for actions in positions.actions] == [1] * NUM_ENVS
    workers = [_worker(block, positions.block(block)) for block in blocks]
    for number in range(after, 4):
        parts = [worker.rollout(WEIGHTS, number * STEPS, STEPS) for worker in workers]
        _same(RolloutResult.merge(parts), iterations[number])


def test_without_what_the_actor_remembered_it_goes_on_otherwise():
    iterations = _iterations(BLOCKS[0])
    tracker = EpisodeTracker(NUM_ENVS)
    tracker.update(iterations[0])
    positions = tracker.positions()
    forgotten = Positions(episodes=positions.episodes, actions=positions.actions, state={})
    played = _worker(positions=forgotten).rollout(WEIGHTS, STEPS, STEPS)
    np.testing.assert_array_equal(played.rollout.s_tm1[0], iterations[1].rollout.s_tm1[0])
    assert (played.rollout.extras["mixed"] != iterations[1].rollout.extras["mixed"]).any()


def test_a_worker_is_put_at_other_positions():
    iterations = _iterations(BLOCKS[0])
    tracker = EpisodeTracker(NUM_ENVS)
    tracker.update(iterations[0])
    worker = _worker()
    worker.rollout(WEIGHTS, 0, 3)
    worker.set_positions(tracker.positions())
    _same(worker.rollout(WEIGHTS, STEPS, STEPS), iterations[1])


def test_exploration_knows_the_steps_of_all_environments_and_draws_by_environment_and_step():
    played = _worker(range(2, 4)).rollout(WEIGHTS, 10, 3)
    # Ten steps of five environments were taken before.
    assert played.rollout.extras["taken"].tolist() == [[50, 50], [55, 55], [60, 60]]
    draws = played.rollout.extras["draws"]  # [T, B, draws]
    keys = derive(3, Purpose.EXPLORATION, np.array([2, 3]))
    for t, step in enumerate((10, 11, 12)):
        for number in range(3):
            np.testing.assert_array_equal(draws[t, :, number], uniform(keys, 3 * step + number))


def test_epsilon_falls_with_the_steps_of_all_environments():
    """After 20 steps of 5 environments ε is 0: from there on the table's best action is taken."""
    agent = QTable(epsilon=EpsilonSchedule(start=1.0, end=0.0, decay_steps=100))
    right = {"q": np.tile([0.0, 1.0], (5, 1))}
    worker = _worker(range(1, 4), env="tests.envs.toy:Corridor-v0", agent=agent)
    actions = worker.rollout(right, 0, 40).rollout.a_tm1
    assert 0.2 < actions[:8].mean() < 0.9
    assert (actions[20:] == 1).all()


@pytest.mark.parametrize("cut", [1, 3, 6])
def test_how_steps_are_cut_into_iterations_changes_nothing(cut):
    (whole,) = _iterations(BLOCKS[0], count=1)
    worker = _worker()
    first, second = worker.rollout(WEIGHTS, 0, cut), worker.rollout(WEIGHTS, cut, STEPS - cut)
    for name in ("s_tm1", "a_tm1", "r_t", "truncated_t", "s_t"):
        joined = np.concatenate([getattr(first.rollout, name), getattr(second.rollout, name)])
        np.testing.assert_array_equal(joined, getattr(whole.rollout, name))
    np.testing.assert_array_equal(second.state["mixed"], whole.state["mixed"])


def test_an_environment_is_made_by_the_first_call_and_closed_at_the_end():
    made, closed = [], []

    class Watched(Guess):
        def __init__(self):
            super().__init__()
            made.append(self)

        def close(self):
            closed.append(self)

    worker = _worker(range(2), env=Watched, num_envs=2)
    worker.close()
    assert made == closed == []
    assert worker.ready() > 0
    assert len(made) == 2
    worker.rollout(WEIGHTS, 0, 2)
    assert len(made) == 2
    worker.close()
    assert closed == made


def test_faults_are_handed_out_with_the_iteration_they_happened_in():
    worker = _worker(env="tests.envs.broken:Broken-reset-v0", on_fault="drop")
    faults = [worker.rollout(WEIGHTS, r * STEPS, STEPS).faults for r in range(6)]
    assert any(faults)
    places = [fault.place for iteration_faults in faults for fault in iteration_faults]
    assert len(set(places)) == len(places)
    assert {place.purpose for place in places} == {Purpose.EPISODES}
    failing = _worker(env="tests.envs.broken:Broken-reset-v0")
    with pytest.raises(EnvironmentFault, match="the door is stuck"):
        failing.rollout(WEIGHTS, 0, 6 * STEPS)


def test_an_actor_need_not_explore():
    """It has then no draws, and what acts is what is evaluated."""

    class Bright(Actor):
        def act(self, weights, observations, state, exploration=None):
            assert exploration is None
            return ActorOutput(observations.argmax(axis=1).astype(np.int32))

    class Seeing(MixingAgent):
        def actor(self, observation_space, action_space, env_indices):
            return Bright()

    played = _worker(agent=Seeing()).rollout(WEIGHTS, 0, STEPS)
    assert (played.rollout.r_t == 1).all()
    assert (played.rollout.extras, played.state) == ({}, {})


def test_an_evaluation_leaves_the_iterations_alone():
    plain = _iterations(BLOCKS[0])
    plan = Evaluation(purpose=Purpose.EVALUATION, episodes=4, seed=3)
    worker = _worker()
    for number, done in enumerate(plain):
        evaluated = worker.evaluate(plan, WEIGHTS, plan.env_indices)
        assert len(evaluated.returns) == 4
        _same(worker.rollout(WEIGHTS, number * STEPS, STEPS), done)
    assert evaluated == EvaluationResult.merge(
        [worker.evaluate(plan, WEIGHTS, part) for part in (range(1), range(1, 4))]
    )


def test_a_discrete_space_counts_from_0_for_the_actor():
    agent = QTable(epsilon=EpsilonSchedule(start=0.0, end=0.0))
    worker = _worker(range(1), env=Corridor, agent=agent, num_envs=1)
    rollout = worker.rollout({"q": np.tile([0.0, 1.0], (5, 1))}, 0, 5).rollout
    assert rollout.s_tm1[:, 0].tolist() == [0, 1, 2, 3, 0]
    assert rollout.a_tm1[:, 0].tolist() == [1] * 5
    assert rollout.r_t[:, 0].tolist() == [0, 0, 0, 1, 0]


def test_exploration_counts_the_episodes_of_each_environment():
    """ε is 1 in an environment's first episode, 1 / 2 in its second, 1 / 11 in its eleventh."""
    epsilon = EpsilonSchedule(shape="harmonic", counts="episodes", end=0.0, decay_steps=1)
    agent = QTable(epsilon=epsilon)
    weights = {"q": np.array([[0.0, 0.0, 1.0, 0.0]] * 16)}
    worker = _worker(range(4), env="FrozenLake-v1", agent=agent, num_envs=4)
    early = worker.rollout(weights, 0, 1)
    late = [worker.rollout(weights, t, 1) for t in range(1, 400)]
    assert (late[-1].episodes > 10).all()
    assert (np.concatenate([each.rollout.a_tm1 for each in late[-50:]]) == 2).mean() > 0.9
    drawn = uniform(derive(3, Purpose.EXPLORATION, np.arange(4)), np.arange(2)[:, None])
    np.testing.assert_array_equal(early.rollout.a_tm1[0], (drawn[1] * 4).astype(np.int32))
    halves = [
        _worker(part, env="FrozenLake-v1", agent=agent, num_envs=4)
        for part in (range(2), range(2, 4))
    ]
    _same(early, RolloutResult.merge([half.rollout(weights, 0, 1) for half in halves]))
