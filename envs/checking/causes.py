"""Why an environment gives other bits, and how its author mends it."""

from collections.abc import Collection, Iterator

from common.findings import Finding, fail, warn
from common.processes import ProcessFailed
from common.quiet import quiet
from envs.checking import other_process
from envs.checking.bits import Played
from envs.checking.globals import NUMPY, PYTHON
from envs.checking.playing import first_difference
from envs.sources import Configured

_ITEM = "cause"
_OWN = "draw from self.np_random, which super().reset(seed=seed) seeds"
_DRAWS = {
    NUMPY: ("it draws from NumPy's global generator, np.random", _OWN),
    PYTHON: ("it draws from Python's global generator, random", _OWN),
    "action_space": (
        "it samples its action_space, which a reset does not seed",
        f"{_OWN}; or seed the space in reset: self.action_space.seed(seed)",
    ),
    "observation_space": (
        "it samples its observation_space, which a reset does not seed",
        f"{_OWN}; or seed the space in reset: self.observation_space.seed(seed)",
    ),
}
_UNSEEDED = (
    "its reset does not hand the seed on to self.np_random",
    "begin reset with super().reset(seed=seed)",
)
_CLOCK = (
    "it depends on the clock",
    "count steps, and let no result depend on the time of day or on how long something took",
)
_HASH = (
    "it depends on the order of a set, or on hash() of a text",
    "sort what comes out of a set: sorted(...)",
)
_SHARED = (
    "the copies of a process share something that episodes change",
    "keep it in self and make it in __init__, not in the class or the module",
)
_KEPT = (
    "something of earlier episodes is left after a reset",
    "set in reset everything that an episode changes",
)
_UNKNOWN = (
    "something that the seed does not set",
    "look for a generator without a seed, such as np.random.default_rng(), and for the date, "
    "os.urandom, uuid, files and threads",
)


def causes(
    env: Configured, steps: int, first: Played, failed: Collection[str]
) -> Iterator[Finding]:
    """What explains the differences.

    Args:
        env: The environment.
        steps: Steps of each play.
        first: The first play.
        failed: The comparisons that found a difference, by item.
    """
    for name in first.touched:
        found, mend = _DRAWS[name]
        yield fail(_ITEM, found, mend) if failed else warn("generators", found, mend)
    if not failed or first.touched:
        return
    if not first.is_seeded:
        yield fail(_ITEM, *_UNSEEDED)
    elif set(failed) <= {"same copy", "replayed"}:
        yield fail(_ITEM, *_KEPT)
    else:
        with quiet():
            found = _by_processes(env, steps, failed)
        yield fail(_ITEM, *found)


def _by_processes(env: Configured, steps: int, failed: Collection[str]) -> tuple[str, str]:
    """Tells causes apart by processes that differ in one thing only."""
    try:
        first = other_process.play(env, steps, years=50.0, hash_seed="1")
        again = other_process.play(env, steps, years=50.0, hash_seed="1")
        if first_difference(first, again) is not None:
            return _UNKNOWN
        later = other_process.play(env, steps, years=60.123, hash_seed="1")
        if first_difference(first, later) is not None:
            return _CLOCK
        otherwise = other_process.play(env, steps, years=50.0, hash_seed="2")
    except ProcessFailed:
        return _UNKNOWN
    if first_difference(first, otherwise) is not None:
        return _HASH
    return _UNKNOWN if set(failed) == {"other process"} else _SHARED
