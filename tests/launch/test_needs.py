"""What a run takes, by arithmetic, and what is said where there is no room."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from agents.dqn.config import DQN
from agents.q_table.config import QTable
from agents.r2d2.config import R2D2
from agents.replay.sequences import SequenceConfig
from agents.replay.size import ReplaySize
from common.errors import UsageError
from common.stacks import Stack
from launch.cli import main
from launch.config.execution import CheckpointConfig, OutputConfig
from launch.config.training import TrainingConfig
from launch.diagnosis import container
from launch.jobs.rl import needs
from launch.jobs.rl.needs import Needs, Room, Spaces

GB = 10**9
SCREEN = Spaces(Box(0, 255, (84, 84, 4), np.uint8), Discrete(6))
STACK = Spaces(Stack(Box(0, 255, (84, 84), np.uint8), 4), Discrete(6))
SIZE = ReplaySize(
    capacity=1_000_000,
    steps=1,
    observation=7_056,
    row=28,
    batch_size=32,
    updates_per_call=8,
    drawn=2 * 28_224 + 28,
    computed=1_000_000,
    network=4_000_000,
)
PLENTY = Room(memory=100 * GB, disk=1_000 * GB, machine=100 * GB)


def _needs(**changes) -> Needs:
    given = {"size": SIZE, "env_steps": 10**9, "by_actions": True, "action": 1, "checkpoints": 4}
    return Needs(**{**given, **changes})


def _config(**changes) -> TrainingConfig:
    agent = DQN(network="conv", replay_capacity=1_000_000, updates_per_call=8, batch_size=32)
    given = {"env": "ALE/Pong-v5", "agent": agent, "env_steps": 10**7}
    return TrainingConfig(**{**given, **changes})


def test_sizes_by_hand():
    """A million frames of 84 x 84, one more for each 64, and 28 bytes a transition."""
    whole = _needs()
    assert whole.replay == 1_015_625 * 7_056 + 28_000_000 == 7_194_250_000
    assert SIZE.batches == 32 * (8 * 3 * 56_476 + 1_000_000)
    assert whole.memory == 700_000_000 + whole.replay + SIZE.batches + 6 * 4_000_000
    assert whole.checkpoint == 29_000_000 + 5 * 4_000_000
    assert whole.disk == 4 * 49_000_000
    by_transitions = _needs(by_actions=False)
    assert by_transitions.checkpoint == 7_194_250_000 + 5 * 4_000_000
    assert by_transitions.memory == whole.memory + 1_015_625 * 7_056  # a copy to write
    assert _needs(env_steps=100_000).replay == (100_000 + 1_562) * 7_056 + 2_800_000


def test_sequences_count_the_steps_that_none_other_has():
    """8 steps of a sequence are its own; it has 24 steps of 21 bytes, 8 more, and 128 of state."""
    agent = R2D2(sequence=SequenceConfig(length=16, burn_in=8, stride=8), recurrent_units=32)
    size = agent.replay_size(Box(0, 1, (10, 10, 4), np.bool_), Discrete(6))
    assert (size.steps, size.observation, size.row) == (8, 400, 24 * 21 + 8 + 128)
    assert size.windows(8_001) == 1_001
    assert size.observations(16) == (128 + 2) * 400


def test_frames_are_counted_once():
    found = needs.of(_config(), STACK)
    assert found is not None
    assert found.size.observation == 84 * 84
    assert found.by_actions
    assert found.checkpoints == 4


@pytest.mark.parametrize(
    ("way", "capacity", "by_actions"),
    [
        ("auto", 8_000, False),  # 240 MB
        ("auto", 9_000, True),  # 270 MB
        ("transitions", 9_000, False),
        ("actions", 8_000, True),
    ],
)
def test_checkpoints_keep_actions_where_observations_are_large(way, capacity, by_actions):
    agent = DQN(network="conv", replay_capacity=capacity)
    config = _config(agent=agent, checkpoint=CheckpointConfig(replay=way))
    found = needs.of(config, SCREEN)
    assert found is not None
    assert found.by_actions is by_actions
    assert needs.actions_kept(found, SCREEN) == (6 if by_actions else None)


def test_actions_are_refused_where_nothing_can_be_played_again():
    actions = CheckpointConfig(replay="actions")
    table = _config(agent=QTable(), checkpoint=actions)
    with pytest.raises(UsageError, match="actions: QTable has no replay to play again; leave"):
        needs.of(table, Spaces(Discrete(4), Discrete(2)))
    recorded = _config(data=Path("there"), checkpoint=actions)
    with pytest.raises(UsageError, match="a run that learns from a recording plays nothing"):
        needs.of(recorded, SCREEN)
    assert needs.of(replace(table, checkpoint=CheckpointConfig()), SCREEN) is None


@pytest.mark.parametrize(
    ("changes", "room", "said"),
    [
        (
            {},
            Room(memory=4 * GB, disk=GB, machine=100 * GB),
            "--agent.replay-capacity 1000000: the replay takes 7.2 GB of memory and the whole run "
            "8.0 GB, and 4.0 GB are free: --agent.replay-capacity 440000 fits",
        ),
        (
            {"by_actions": False},
            Room(memory=100 * GB, disk=10 * GB, machine=100 * GB),
            "--agent.replay-capacity 1000000: 4 checkpoints take 7.2 GB each, and 10.0 GB are "
            "free for runs: --agent.replay-capacity 340000 fits",
        ),
        (
            {"size": replace(SIZE, batch_size=4_096, capacity=1_000)},
            Room(memory=8 * GB, disk=GB, machine=100 * GB),
            "--agent.batch-size 4096: the batches of 8 updates (--agent.updates-per-call) take 9.6 "
            "GB of memory and the whole run 10.4 GB, and 8.0 GB are free: --agent.batch-size "
            "3000 fits",
        ),
        (
            {"size": replace(SIZE, network=4 * 819_000_000, capacity=1_000)},
            Room(memory=16 * GB, disk=GB, machine=100 * GB),
            "the network has 819,000,000 weights, which take 19.7 GB of memory while they learn, "
            "and the whole run 20.4 GB; 16.0 GB are free: take fewer --agent.hidden-sizes or "
            "--agent.filters",
        ),
        (
            {},
            Room(memory=GB // 2, disk=GB, machine=100 * GB),
            "and 0.50 GB are free: free some of it",
        ),
        (
            {"size": replace(SIZE, capacity=10_000_000), "env_steps": 1_000},
            Room(memory=20 * GB, disk=GB, machine=24 * GB),
            "--agent.replay-capacity 10000000: the replay asks for 71.7 GB of memory, and this "
            "machine has 24.0 GB: --agent.replay-capacity 3300000 fits",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_what_does(changes, room, said):
    with pytest.raises(UsageError) as refused:
        needs.check(_needs(**changes), _config(), lambda place: room)
    assert said in str(refused.value)


def test_what_is_said_to_fit_fits():
    wanted, room = _needs(by_actions=False), Room(memory=9 * GB, disk=20 * GB, machine=100 * GB)
    capacity = wanted.fitting_capacity(room)
    smaller = _needs(by_actions=False, size=replace(SIZE, capacity=capacity))
    needs.check(smaller, _config(), lambda place: room)
    more = _needs(by_actions=False, size=replace(SIZE, capacity=int(capacity * 1.1)))
    with pytest.raises(UsageError):
        needs.check(more, _config(), lambda place: room)


def test_only_large_runs_say_what_they_take(capsys):
    needs.check(_needs(), _config(), lambda place: PLENTY)
    told = " ".join(capsys.readouterr().err.split())
    assert told == (
        "memory up to 8.0 GB: replay 7.2 GB, batches 0.08 GB, network 0.02 GB; checkpoints 0.05 GB "
        "each (actions)"
    )
    needs.check(_needs(env_steps=50_000), _config(), lambda place: PLENTY)
    assert capsys.readouterr().err == ""


def test_what_environments_show_in_a_rollout_has_to_fit():
    """Of 100,000 environments 17 pictures of 28,224 bytes each: 48 GB, and 9.3 GB are free."""
    small = Room(memory=10 * GB, disk=GB, machine=100 * GB)
    config = _config(num_envs=100_000)
    with pytest.raises(UsageError) as refused:
        needs.check_envs(config, SCREEN, lambda place: small)
    assert str(refused.value) == (
        "--num-envs 100000: what they show in 16 steps (--rollout-length) takes 48.0 GB of memory, "
        "and 9.3 GB are free for it: --num-envs 19000 fits"
    )
    needs.check_envs(replace(config, num_envs=19_000), SCREEN, lambda place: small)
    needs.check_envs(config, SCREEN, lambda place: PLENTY)


def test_a_run_is_refused_before_it_has_a_folder(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(needs, "here", lambda place: Room(memory=GB, disk=GB, machine=100 * GB))
    flags = ("--env", "tests.envs.toy:Picture-v0", "--agent.replay-capacity", "20000000")
    budget = ("--env-steps", "20000000", "--run-dir", str(tmp_path / "run"), "--workers", "0")
    assert main(["dqn", *flags, *budget]) == 2
    err = capsys.readouterr().err
    assert "--agent.replay-capacity 20000000: the replay takes" in err
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_a_folder_that_is_not_there_yet_is_on_its_parents_disk(tmp_path):
    assert needs.here(tmp_path / "not" / "there").disk == pytest.approx(
        needs.here(tmp_path).disk, rel=0.05
    )


def test_what_a_container_has_left_is_its_limit_without_what_it_uses(tmp_path):
    assert container.memory_left(tmp_path) is None
    (tmp_path / "memory.max").write_text("2000000000\n")
    assert container.memory_left(tmp_path) == 2 * GB
    (tmp_path / "memory.current").write_text("1500000000\n")
    assert container.memory_left(tmp_path) == GB // 2
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 300000000\n")
    assert container.memory_left(tmp_path) == 800_000_000


def test_output_may_be_one_folder(tmp_path):
    seen: list[Path] = []

    def room(place: Path) -> Room:
        seen.append(place)
        return PLENTY

    config = _config(output=OutputConfig(run_dir=tmp_path / "run"))
    needs.check(_needs(), config, room)
    assert seen == [tmp_path / "run"]
