"""What an environment gave while it was played: its calls, its values, its episodes."""

from collections.abc import Iterator, Mapping, Sequence

import gymnasium
from gymnasium.spaces import Box

from common.findings import Finding, fail, ok, warn
from common.text import counted
from envs.checking.bits import Played
from envs.checking.watching import Seen
from envs.faults import Fault
from envs.masks import KEY
from envs.returned import TOO_LARGE

_STEP = "(observation, reward, terminated, truncated, info)"
_OLD_API = ("old Gym API", "expected 5, got 4", "'seed'")
_KINDS = (
    (
        _OLD_API,
        "Gym API",
        f"reset(seed=None, options=None) returns (observation, info), and step {_STEP}; "
        "change it, or give it a wrapper that does: --wrappers module:Wrapper",
    ),
    (
        ("observation",),
        "values",
        "return observations that observation_space contains: its shape, its dtype, all finite",
    ),
    (
        (TOO_LARGE,),
        "reward",
        "return smaller rewards, or have a training scale them to about 1: --env.reward-scale",
    ),
    (("reward",), "reward", "return a finite number, such as float(reward)"),
    (("terminated", "truncated"), "flags", "return True or False"),
)
"""Words in the reason of a fault, what is at fault, and how it is mended."""
_CALLS = (
    "calls",
    "mend what it raises, or train with --on-fault drop, which leaves such episodes out",
)


def check(first: Played) -> Iterator[Finding]:
    """Says what was wrong with the calls, and which values there were."""
    failed = _failed(first.copies.faults)
    yield from failed.values()
    if "Gym API" in failed:
        return
    seen, said = first.copies.seen, first.copies.remarks
    single = first.copies.singles[0]
    calls = f"{counted(seen.resets, 'reset')} and {counted(seen.steps, 'step')}"
    good = [
        ok("Gym API", f"{calls} returned what they have to"),
        _values(single, seen, said),
        _reward(seen, said),
        _flags(said),
    ]
    yield from (each for each in good if each.item not in failed)
    if first.copies.envs.action_mask is not None:
        yield ok("masks", "action_mask comes with observations, and agents respect it")
    elif KEY in said:
        yield warn("masks", *said[KEY].split("; "))
    yield _episodes(first)


def _failed(faults: Sequence[Fault]) -> dict[str, Finding]:
    """The faults of each kind as one: how many, and the first of them."""
    by_kind: dict[tuple[str, str], list[Fault]] = {}
    for fault in faults:
        by_kind.setdefault(_kind(fault.reason), []).append(fault)
    return {
        item: fail(item, f"{counted(len(found), 'fault')}; the first: {_told(found[0])}", mend)
        for (item, mend), found in by_kind.items()
    }


def _kind(reason: str) -> tuple[str, str]:
    fitting = (kind for kind in _KINDS if any(word in reason for word in kind[0]))
    _, item, mend = next(fitting, ((), *_CALLS))
    return item, mend


def _told(fault: Fault) -> str:
    """Where a fault was and what it is, without the way out that its reason may have."""
    place = str(fault.place).partition(", ")[2]
    return f"{place}: {fault.reason.partition('; ')[0]}"


def _values(single: gymnasium.Env, seen: Seen, said: Mapping[str, str]) -> Finding:
    space = single.observation_space
    if not isinstance(space, Box):
        return ok("values", "all of them are in the space")
    if "observation" in said:
        mend = f"return them as the space says: np.asarray(observation, np.{space.dtype})"
        return warn("values", said["observation"], mend)
    if seen.outside:
        return warn(
            "values",
            f"{seen.outside:,} observations are outside the Box: {seen.example}",
            "widen the bounds of observation_space, or clip: np.clip(observation, low, high)",
        )
    return ok("values", f"all are finite, {space.dtype}, and inside the Box")


def _reward(seen: Seen, said: Mapping[str, str]) -> Finding:
    smallest, largest = seen.rewards
    if not seen.steps:
        return ok("reward", "no step was taken")
    if "reward" in said:
        return warn("reward", said["reward"], "return a number: float(reward)")
    types = ", ".join(seen.reward_types)
    values = f"{smallest:g} to {largest:g}" if smallest < largest else f"always {smallest:g}"
    return ok("reward", f"{types}, all finite, {values}")


def _flags(said: Mapping[str, str]) -> Finding:
    wrong = [said[name] for name in ("terminated", "truncated") if name in said]
    if wrong:
        return warn("flags", wrong[0], "return True or False: bool(terminated), bool(truncated)")
    return ok("flags", "terminated and truncated are True or False")


def _episodes(first: Played) -> Finding:
    ends = [each for each in first.moments if each.ended]
    cut = sum(each.truncated and not each.terminated for each in ends)
    if not ends:
        return ok("episodes", f"none ended within {first.copies.seen.steps:,} random steps")
    steps = [each.step for each in ends]
    lengths = f"{min(steps):,} to {max(steps):,}" if min(steps) < max(steps) else f"{steps[0]:,}"
    return ok("episodes", f"{len(ends):,} ended, after {lengths} steps; {cut:,} cut by a limit")
