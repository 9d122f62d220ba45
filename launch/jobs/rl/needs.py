"""What a run will take of memory and disk, known before anything of it is started."""

import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import psutil
from gymnasium.spaces import Box, Discrete

from agents.replay.size import ReplaySize, shown
from common.errors import UsageError
from launch.config.training import TrainingConfig
from launch.diagnosis import container
from launch.terminal.console import say
from training.played import smallest

BY_ACTIONS_ABOVE = 256_000_000
"""Bytes of observations above which `--checkpoint.replay auto` keeps actions in their place."""
_LARGE = 1_000_000_000  # bytes from which a run says what it takes
_PROCESS = 700_000_000  # bytes of a process with TensorFlow and no replay
_TRAINED = 6
"""Times that weights are in memory: the newest, the target, the average, the gradient, and the two
moments of the optimizer. A checkpoint has all but the gradient."""
_BESIDE = 2  # checkpoints beside the newest: the best one, and the one that is being written


class Spaces(NamedTuple):
    """What an agent sees and does.

    Attributes:
        observations: The space of an observation.
        actions: The actions, counted from 0.
    """

    observations: Box | Discrete
    actions: Discrete


class Room(NamedTuple):
    """Bytes that are free.

    Attributes:
        memory: Of memory that programs can still have.
        disk: On the disk of the run's folder.
        machine: Of memory altogether, used or not: nobody is given a piece that is larger.
    """

    memory: int
    disk: int
    machine: int


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a run takes at most, in bytes.

    Attributes:
        size: What its replay takes.
        env_steps: Its budget in environment steps.
        by_actions: Whether its checkpoints keep actions in place of observations.
        action: Bytes of an action there.
        checkpoints: Checkpoints that are there at the same time.
    """

    size: ReplaySize
    env_steps: int
    by_actions: bool
    action: int
    checkpoints: int

    @property
    def windows(self) -> int:
        """Windows that the replay comes to hold."""
        return self.size.windows(self.env_steps)

    @property
    def replay(self) -> int:
        """Of the replay in memory."""
        return self.size.observations(self.windows) + self.size.rows(self.windows)

    @property
    def memory(self) -> int:
        """Of memory: the process, its replay, batches, and a checkpoint while it is written."""
        copied = 0 if self.by_actions else self.size.observations(self.windows)
        return _PROCESS + self.network + self.replay + copied + self.size.batches

    @property
    def network(self) -> int:
        """Of the network and what its training keeps in memory."""
        return _TRAINED * self.size.network

    @property
    def checkpoint(self) -> int:
        """Of a checkpoint."""
        steps = self.windows * self.size.steps
        kept = steps * self.action if self.by_actions else self.size.observations(self.windows)
        return kept + self.size.rows(self.windows) + self.kept_of_network

    @property
    def kept_of_network(self) -> int:
        """Of the network in a checkpoint."""
        return (_TRAINED - 1) * self.size.network

    @property
    def disk(self) -> int:
        """Of all checkpoints that are there at the same time."""
        return self.checkpoint * self.checkpoints

    def fitting_capacity(self, room: Room) -> int:
        """The largest capacity that fits, rounded down to two digits; 0 where none does."""
        windows, beside = self.windows, _PROCESS + self.network + self.size.batches
        in_memory = (self.memory - beside) / windows
        of_networks = self.checkpoints * self.kept_of_network
        on_disk = (self.disk - of_networks) / windows
        left = room.memory - beside
        return _rounded_down(min(left / in_memory, (room.disk - of_networks) / on_disk))

    def fitting_batch(self, room: Room) -> int:
        """The largest batch that fits beside the replay; 0 where none does."""
        beside = self.memory - self.size.batches
        return _rounded_down((room.memory - beside) / (self.size.batches / self.size.batch_size))


def of(config: TrainingConfig, spaces: Spaces) -> Needs | None:
    """What a run takes; None where its agent has no replay of observations.

    Args:
        config: Its config.
        spaces: What its agent sees and does.

    Raises:
        UsageError: Its checkpoints cannot keep actions in place of observations, as it asks for.
    """
    size = config.prepared_agent.replay_size(spaces.observations, spaces.actions)
    plays = config.data is None and not config.agent.needs_recording
    wanted = config.checkpoint.replay
    if wanted == "actions" and size is None:
        raise UsageError(
            f"--checkpoint.replay actions: {type(config.agent).__name__} has no replay to play "
            "again; leave the flag out"
        )
    if wanted == "actions" and not plays:
        raise UsageError(
            "--checkpoint.replay actions: a run that learns from a recording plays nothing that "
            "could be played again; leave the flag out"
        )
    if size is None:
        return None
    large = size.observations(size.windows(config.env_steps)) > BY_ACTIONS_ABOVE
    return Needs(
        size=size,
        env_steps=config.env_steps,
        by_actions=plays and (wanted == "actions" or (wanted == "auto" and large)),
        action=smallest(int(spaces.actions.n)).itemsize,
        checkpoints=config.checkpoint.keep + _BESIDE,
    )


def actions_kept(needs: Needs | None, spaces: Spaces) -> int | None:
    """Number of actions of a run whose checkpoints keep these in place of observations."""
    return int(spaces.actions.n) if needs is not None and needs.by_actions else None


def check_envs(config: TrainingConfig, spaces: Spaces, room: Callable[[Path], Room]) -> None:
    """Makes sure that there is room for what all environments show in one rollout.

    Args:
        config: A run's config.
        spaces: What its agent sees and does.
        room: What is free, by the folder that it writes to.

    Raises:
        UsageError: There is not; the message names how many environments would fit.
    """
    each = (config.rollout_length + 1) * shown(spaces.observations)
    taken = config.num_envs * each
    if taken <= BY_ACTIONS_ABOVE:
        return
    free = room(config.output.run_dir or config.output.out).memory - _PROCESS
    if taken > free:
        raise UsageError(
            f"--num-envs {config.num_envs}: what they show in {config.rollout_length} steps "
            f"(--rollout-length) takes {_gb(taken)} of memory, and {_gb(max(free, 0))} are free "
            f"for it: {_fits('--num-envs', _rounded_down(free / each))}"
        )


def check(needs: Needs, config: TrainingConfig, room: Callable[[Path], Room]) -> None:
    """Makes sure that a run finds room, and says what it takes where that is much.

    Args:
        needs: What it takes.
        config: Its config.
        room: What is free, by the folder that it writes to.

    Raises:
        UsageError: It does not; the message names what would fit.
    """
    place = config.output.run_dir or config.output.out
    free = room(place)
    size, capacity = needs.size, f"--agent.replay-capacity {needs.size.capacity}"
    asked_for = size.observations(size.capacity)  # in one piece, however few steps there are
    if asked_for > free.machine:
        fitting = _rounded_down(size.capacity * free.machine / asked_for)
        raise UsageError(
            f"{capacity}: the replay asks for {_gb(asked_for)} of memory, and this machine has "
            f"{_gb(free.machine)}: {_way_out('replay-capacity', fitting)}"
        )
    if needs.memory - _PROCESS <= BY_ACTIONS_ABOVE and needs.disk <= BY_ACTIONS_ABOVE:
        return
    if needs.memory > free.memory and needs.network > max(size.batches, needs.replay):
        raise UsageError(
            f"the network has {size.network // 4:,} weights, which take {_gb(needs.network)} of "
            f"memory while they learn, and the whole run {_gb(needs.memory)}; "
            f"{_gb(free.memory)} are free: take fewer --agent.hidden-sizes or --agent.filters"
        )
    if needs.memory > free.memory and size.batches > needs.replay:
        raise UsageError(
            f"--agent.batch-size {size.batch_size}: the batches of {size.updates_per_call} updates "
            f"(--agent.updates-per-call) take {_gb(size.batches)} of memory and the whole run "
            f"{_gb(needs.memory)}, and {_gb(free.memory)} are free: "
            f"{_way_out('batch-size', needs.fitting_batch(free))}"
        )
    way_out = _way_out("replay-capacity", needs.fitting_capacity(free))
    if needs.memory > free.memory:
        raise UsageError(
            f"{capacity}: the replay takes {_gb(needs.replay)} of memory and the whole run "
            f"{_gb(needs.memory)}, and {_gb(free.memory)} are free: {way_out}"
        )
    if needs.disk > free.disk:
        raise UsageError(
            f"{capacity}: {needs.checkpoints} checkpoints take {_gb(needs.checkpoint)} each, and "
            f"{_gb(free.disk)} are free for {place}: {way_out}"
        )
    if max(needs.memory - _PROCESS, needs.disk) > _LARGE:
        kept = "actions" if needs.by_actions else "transitions"
        say(
            f"memory      up to {_gb(needs.memory)}: replay {_gb(needs.replay)}, batches "
            f"{_gb(size.batches)}, network {_gb(needs.network)}; checkpoints "
            f"{_gb(needs.checkpoint)} each ({kept})"
        )


def here(place: Path) -> Room:
    """What is free now, for a run that writes to a folder, which need not be there yet."""
    parent = next(each for each in (place, *place.absolute().parents) if each.exists())
    limit = container.memory_left()
    memory = psutil.virtual_memory()
    return Room(
        memory=memory.available if limit is None else min(memory.available, limit),
        disk=shutil.disk_usage(parent).free,
        machine=memory.total,
    )


def _way_out(setting: str, fitting: int) -> str:
    return _fits(f"--agent.{setting}", fitting)


def _fits(flag: str, fitting: int) -> str:
    return f"{flag} {fitting} fits" if fitting else "free some of it"


def _rounded_down(number: float) -> int:
    """A number rounded down to two digits; 0 for those below 1."""
    if number < 1:
        return 0
    unit = 10 ** max(0, math.floor(math.log10(number)) - 1)
    return int(number // unit) * unit


def _gb(amount: int) -> str:
    return f"{amount / 1e9:.2f} GB" if amount < 1e9 else f"{amount / 1e9:.1f} GB"
