"""The spaces of an environment, and whether agents can learn from them."""

from collections.abc import Iterator

import gymnasium

from common.findings import Finding, fail, ok
from envs.views import Views, short, views

_FEWER = (
    "offer a few of them as a Discrete space, by a gymnasium.ActionWrapper: "
    "--wrappers module:Wrapper"
)


def check(single: gymnasium.Env) -> Iterator[Finding]:
    """Says how agents see the observations and the actions of an environment."""
    seen = views(single.observation_space, single.action_space)
    yield _observations(short(single.observation_space), seen)
    yield _actions(short(single.action_space), seen)


def _observations(space: str, seen: Views) -> Finding:
    if "observations" in seen.refusals:
        found, _, mend = seen.refusals["observations"].partition("; ")
        return fail("observations", found, mend)
    table = "" if seen.states is None else f"; a table, one of {seen.states:,} states"
    out = f"; left out: {', '.join(seen.left_out)}" if seen.left_out else ""
    return ok("observations", f"{space}: a network sees {seen.row}{table}{out}")


def _actions(space: str, seen: Views) -> Finding:
    if seen.actions is None:
        return fail("actions", seen.refusals["actions"], _FEWER)
    return ok("actions", f"{space}: agents choose one of {seen.actions:,}, counted from 0")
