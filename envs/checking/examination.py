"""The whole examination of an environment, one thing after the other."""

from collections.abc import Iterator
from contextlib import closing

from common.findings import Finding, fail, warn
from common.quiet import quiet
from envs.checking import around, bits, causes, spaces, values
from envs.sources import Configured, UnusableEnvironment, label, opened, spec_of

Part = tuple[str, Iterator[Finding]]
"""A title, and what is observed below it; each is looked at when it is asked for."""


def examine(env: Configured, steps: int) -> Iterator[Part]:
    """Examines an environment.

    Args:
        env: The environment; its source is a name, by which another process finds it.
        steps: Steps with random actions of each play.

    Raises:
        UnusableEnvironment: There is nothing of that name.
    """
    seen = _spaces(env)
    yield "spaces", iter(seen)
    if any(each.item in ("made", "observations") and each.state == "fail" for each in seen):
        return
    first = bits.first_play(env, steps)
    with closing(first.copies):
        yield f"{steps:,} steps with random actions", values.check(first)
        if len(first.moments) > 1:
            yield "equal bits for equal seeds and actions", _equal_bits(env, steps, first)
        yield "in a training", _around(env, first)


def _spaces(env: Configured) -> list[Finding]:
    with quiet():
        spec_of(env)  # which a wrong name is found out by
        try:
            with opened(env) as single:
                return list(spaces.check(single, env.transforms))
        except UnusableEnvironment as error:
            why = str(error).removeprefix(f"--env {label(env)}: ")
            found, _, mend = why.partition("; ")
            mend = mend or "mend its constructor, or the keywords that it is given"
            return [fail("made", found, mend)]


def _equal_bits(env: Configured, steps: int, first: bits.Played) -> Iterator[Finding]:
    failed: set[str] = set()
    for each in bits.compare(env, steps, first):
        if each.state == "fail":
            failed.add(each.item)
        yield each
    yield from causes.causes(env, steps, first, failed)
    if failed and (wrappers := env.options.wrappers):
        yield warn(
            "wrappers",
            f"it may be one of them that keeps or draws something: {' '.join(wrappers)}",
            "check without --wrappers; observations are normalised by --env.normalize-observations",
        )


def _around(env: Configured, first: bits.Played) -> Iterator[Finding]:
    yield around.limit(env)
    yield around.films(env)
    yield from around.speed(first.copies.seen)
