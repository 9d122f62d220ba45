"""The spaces of an environment, and whether agents can learn from them."""

from collections.abc import Iterator

import gymnasium
from gymnasium.spaces import Box, Discrete

from common import channels
from common.findings import Finding, fail, ok, warn
from envs.encoding import UnsupportedSpace, observations
from envs.options import Transforms
from envs.stacking import stack
from envs.views import Views, short, views


def check(single: gymnasium.Env, transforms: Transforms) -> Iterator[Finding]:
    """Says how agents see the observations and the actions of an environment.

    Args:
        single: The environment.
        transforms: What they see and do in place of its own.
    """
    observed, frames = single.observation_space, transforms.frame_stack
    if frames > 1 and isinstance(observed, Box | Discrete):
        try:
            observed = stack(observed, frames)
        except UnsupportedSpace as error:
            yield fail("observations", f"--env.frame-stack {frames}: {error}", "leave it out")
            return
    seen = views(observed, single.action_space, transforms.action_bins)
    if transforms.normalize_observations and isinstance(observed, Discrete):
        found = f"--env.normalize-observations is for numbers; these are {seen.row}"
        yield fail("observations", found, "leave it out")
    else:
        yield _observations(observed, seen)
    yield _actions(short(single.action_space), seen)


def _observations(space: gymnasium.Space, seen: Views) -> Finding:
    if "observations" in seen.refusals:
        return _refused("observations", seen)
    found = f"{short(space)}: {seen.seen()}"
    if channels.are_first(observations(space, "picture").space.shape or ()):
        return warn(
            "observations",
            f"{found}; pictures {channels.FIRST}, and networks take the last axis for them",
            "return [height, width, channels], also in observation_space: "
            "np.moveaxis(picture, 0, -1), or have a wrapper do it: --wrappers module:Wrapper",
        )
    return ok("observations", found)


def _refused(item: str, seen: Views) -> Finding:
    found, _, mend = seen.refusals[item].partition("; ")
    return fail(item, found, mend)


def _actions(space: str, seen: Views) -> Finding:
    if seen.actions is None:
        return _refused("actions", seen)
    return ok("actions", f"{space}: agents choose one of {seen.actions:,}, counted from 0")
