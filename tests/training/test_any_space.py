"""What every space and every transformation of it inherits, whatever they are."""

from dataclasses import replace

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agents.agent import Agent
from agents.dqn.config import DQN
from agents.prepared.config import Rewards, prepared
from agents.prepared.moments import RunningMoments
from agents.q_table.config import QTable
from envs import registry
from envs.faults import Guard
from envs.options import EnvOptions, Transforms
from envs.randomness import episode_seeds
from envs.sources import Configured, UnusableEnvironment, make_single
from training.evaluate import final
from training.evaluation import evaluate_policy
from training.policy import Policy
from training.unroll import Positions
from training.worker import RolloutResult, RolloutWorker

ENVS = 5
STEPS = 9


@st.composite
def cases(draw) -> tuple[Configured, Agent, dict[str, np.ndarray]]:
    """An environment, an agent that can see it, and weights of that agent."""
    number, masks = draw(st.integers(0, 10_000)), draw(st.booleans())
    single = make_single(_any(number, masks))
    table = draw(st.booleans())
    frames = draw(st.integers(1, 3)) if isinstance(single.observation_space, Box) else 1
    transforms = Transforms(
        action_bins=3 * isinstance(single.action_space, Box),
        frame_stack=frames,
        normalize_observations=draw(st.booleans()) and not table,
        clip_rewards=draw(st.booleans()),
    )
    env = Configured(
        "tests.envs.any_space:Any-v0",
        EnvOptions(env_kwargs=(f"number={number}", f"masks={masks}")),
        transforms,
        form="state" if table else "row",
    )
    try:
        space, actions = registry.spaces(env)
    except UnusableEnvironment:
        assume(False)
    rng = np.random.default_rng(number)
    count = int(actions.n)
    if table:
        assume(isinstance(space, Discrete) and space.n * count < 10_000)
        return env, QTable(), {"q": rng.normal(size=(int(space.n), count))}
    own = DQN(hidden_sizes=(4,))
    if transforms.normalize_observations and isinstance(space, Box):
        moments = RunningMoments(space.shape)
        moments.update(rng.normal(size=(7, *space.shape)))
        agent = prepared(own, normalize=True, rewards=Rewards(clip=transforms.clip_rewards))
        seen = Box(-10, 10, space.shape)
        return (
            env,
            agent,
            {**own.describe(seen, own.value_head(count)).initial_weights(rng), **moments.weights()},
        )
    return env, own, own.describe(space, own.value_head(count)).initial_weights(rng)


def _any(number: int, masks: bool) -> Configured:
    options = EnvOptions(env_kwargs=(f"number={number}", f"masks={masks}"))
    return Configured("tests.envs.any_space:Any-v0", options)


def _worker(env, agent, block, positions=None) -> RolloutWorker:
    return RolloutWorker(
        env=env,
        agent=agent,
        seed=3,
        num_envs=ENVS,
        block=block,
        positions=positions,
        hide_gpus=False,
    )


def _bits(result: RolloutResult) -> dict[str, bytes]:
    rollout = result.rollout
    arrays = {name: array for name, array in vars(rollout).items() if name != "extras"}
    return {name: b"" if array is None else array.tobytes() for name, array in arrays.items()}


@settings(max_examples=40, deadline=None)
@given(cases(), st.integers(1, ENVS - 1), st.integers(1, STEPS - 1))
@pytest.mark.slow
def test_bits_depend_neither_on_workers_nor_on_where_a_run_was_cut(case, split, cut):
    env, agent, weights = case
    whole = _worker(env, agent, range(ENVS)).rollout(weights, 0, STEPS)
    parts = [_worker(env, agent, block) for block in (range(split), range(split, ENVS))]
    assert _bits(RolloutResult.merge([w.rollout(weights, 0, STEPS) for w in parts])) == _bits(whole)

    before = _worker(env, agent, range(ENVS)).rollout(weights, 0, cut)
    over = before.rollout.terminated_t | before.rollout.truncated_t
    actions = []
    for row in range(ENVS):
        ends = np.flatnonzero(over[:, row])
        actions.append(before.rollout.a_tm1[ends[-1] + 1 if len(ends) else 0 :, row])
    at = Positions(episodes=before.episodes, actions=actions, state={})
    after = _worker(env, agent, range(ENVS), at).rollout(weights, cut, STEPS - cut)
    for name, array in vars(whole.rollout).items():
        if name != "extras" and array is not None:
            np.testing.assert_array_equal(getattr(after.rollout, name), array[cut:])


@settings(max_examples=40, deadline=None)
@given(cases())
def test_a_policy_takes_the_actions_that_its_evaluation_took(case):
    env, agent, weights = case
    plan = final(3, 11)
    played = evaluate_policy(env, agent, plan, weights, plan.env_indices, Guard())
    policy = Policy(agent, env, weights)
    returns = []
    for env_index in plan.env_indices:
        envs = registry.make(env, seed=11, purpose=plan.purpose, env_indices=[env_index])
        single, total, over = make_single(replace(env, transforms=Transforms())), 0.0, False
        policy.reset()
        observation, info = single.reset(seed=int(episode_seeds(envs._keys, np.zeros(1, int))[0]))
        while not over:
            action = policy.act(observation, info.get("action_mask"))
            observation, reward, terminated, truncated, info = single.step(action)
            total, over = total + float(reward), terminated or truncated
        returns.append(total)
    assert returns == played.returns
