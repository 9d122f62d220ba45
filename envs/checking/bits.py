"""Whether the same seed and actions give the same bits: again, beside others, anywhere."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from common.findings import Finding, fail, ok
from common.processes import ProcessFailed
from common.quiet import quiet
from common.text import counted
from envs.checking import other_process
from envs.checking.globals import Globals
from envs.checking.playing import Copies, Moment, copies, first_difference
from envs.faults import EnvironmentFault
from envs.sources import Configured

_COPIES = 3  # that are interleaved
_REPLAYED = 3  # episodes, the newest ones


@dataclass(frozen=True, kw_only=True)
class Played:
    """The first play of an environment, which the others are compared with.

    Attributes:
        moments: What it gave.
        copies: The copy that was played.
        touched: The generators outside the environment that it drew from.
        is_seeded: Whether the seed of a reset reached the environment's own generator.
    """

    moments: list[Moment]
    copies: Copies
    touched: tuple[str, ...]
    is_seeded: bool


def first_play(env: Configured, steps: int) -> Played:
    """Plays an environment alone; `Played.copies` is left open.

    Raises:
        UnusableEnvironment: It cannot be made.
    """
    with quiet():
        playing = copies(env)
        watched = Globals(playing.singles[0])
        moments = playing.play(steps)
        is_seeded = _is_seeded(playing)  # before `touched`, which resets it with another seed
        return Played(
            moments=moments, copies=playing, touched=watched.touched(), is_seeded=is_seeded
        )


def _is_seeded(playing: Copies) -> bool:
    """Whether a generator of the environment's own, if it has one, got the seed of its reset."""
    own = vars(playing.singles[0].unwrapped)
    return own.get("_np_random") is None or own.get("_np_random_seed") == playing.seen.seed


def compare(env: Configured, steps: int, first: Played) -> Iterator[Finding]:
    """Plays in other ways and says where the first difference is.

    Args:
        env: The environment.
        steps: Steps of the first play.
        first: The first play.
    """
    yield _said("same copy", "reset to its first episode", _same_copy(first, steps))
    yield _said("another copy", "made in this process", _other_copy(env, first, steps))
    yield _said(
        "beside others", f"{_COPIES} copies in turn", _other_copy(env, first, steps, _COPIES)
    )
    yield _elsewhere(env, first, steps)
    yield _replayed(env, first.moments)


def _said(item: str, how: str, different: str | None) -> Finding:
    if different is None:
        return ok(item, f"{how}: the same bits")
    return fail(item, f"{how}: differs in {different}")


def _same_copy(first: Played, steps: int) -> str | None:
    with quiet():
        return first_difference(first.moments, first.copies.play(steps))


def _other_copy(env: Configured, first: Played, steps: int, count: int = 1) -> str | None:
    with quiet(), closing(copies(env, count)) as playing:
        return first_difference(first.moments, playing.play(steps))


def _elsewhere(env: Configured, first: Played, steps: int) -> Finding:
    item = "other process"
    try:
        elsewhere = other_process.play(env, steps)
    except ProcessFailed as error:
        return fail(item, f"it could not be played there: it {error}")
    return _said(item, "with another clock", first_difference(first.moments, elsewhere))


def _replayed(env: Configured, moments: Sequence[Moment]) -> Finding:
    """Restores some episodes in their middle, and plays them to their end."""
    episodes = _whole_episodes(moments)[-_REPLAYED:]
    if not episodes:
        return ok("replayed", "not tried: a call failed in every episode")
    with quiet(), closing(copies(env)) as playing:
        found = (_restored(playing, episode) for episode in episodes)
        different = next((each for each in found if each is not None), None)
    return _said("replayed", f"from the actions of {counted(len(episodes), 'episode')}", different)


def _whole_episodes(moments: Sequence[Moment]) -> list[list[Moment]]:
    """The moments of each episode in which no call failed."""
    numbers = dict.fromkeys(each.episode for each in moments)
    found = [[each for each in moments if each.episode == number] for number in numbers]
    return [each for each in found if not any(moment.dropped for moment in each)]


def _restored(playing: Copies, episode: Sequence[Moment]) -> str | None:
    """The first difference of an episode that goes on from its middle."""
    number, middle = episode[0].episode, (len(episode) - 1) // 2
    actions = np.array([each.action for each in episode[1:]], np.int32)
    try:
        playing.envs.restore([number], [actions[:middle]])
        begun = episode[middle]
        for action, recorded in zip(actions[middle:], episode[middle + 1 :], strict=True):
            begun = next(playing.step(np.array([action]), begun))
            if (different := first_difference([recorded], [begun])) is not None:
                return different
    except (ValueError, EnvironmentFault) as error:
        return f"episode {number}: {str(error).partition(': ')[2]}"
    return None
