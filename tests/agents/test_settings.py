"""Settings that all agents have in common: no number of theirs may be infinite."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import pytest

from agents.agent import Agent
from agents.dqn.config import DQN
from agents.dqn.distribution import DistributionConfig
from agents.pqn.config import PQN
from agents.registry import OURS, agent_type
from common.settings import InvalidSetting


def _numbers(config: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of the real numbers among the settings of an agent or of a part of it."""
    for field in fields(config):
        value = getattr(config, field.name)
        if is_dataclass(value):
            yield from _numbers(value, (*path, field.name))
        elif isinstance(value, float):
            yield *path, field.name


def _changed(config: Any, path: tuple[str, ...], value: float) -> Any:
    first, *rest = path
    changed = _changed(getattr(config, first), tuple(rest), value) if rest else value
    return replace(config, **{first: changed})


@pytest.mark.parametrize("name", sorted(OURS))
def test_no_number_is_infinite(name):
    agent = agent_type(name)()
    paths = list(_numbers(agent))
    assert bool(paths) is (name != "random")
    for path in paths:
        flag = "--agent." + ".".join(path).replace("_", "-")
        for value in (math.inf, -math.inf, math.nan):
            with pytest.raises(InvalidSetting, match="must be") as error:
                _changed(agent, path, value)
            assert str(error.value).startswith(flag)
            assert str(error.value).endswith(f", got {value}")


@pytest.mark.parametrize("kind", [DQN, PQN])
def test_an_infinite_norm_is_told_how_no_norm_is_said(kind):
    said = "--agent.max-gradient-norm must be finite; 0 leaves gradients alone, got inf"
    with pytest.raises(InvalidSetting) as error:
        kind(max_gradient_norm=math.inf)
    assert str(error.value) == said
    with pytest.raises(InvalidSetting, match="max-gradient-norm must be 0 or more, got -1"):
        kind(max_gradient_norm=-1.0)


@pytest.mark.parametrize(
    ("kind", "least", "greatest", "flags"),
    [
        ("c51", -1.0, 10.0, ""),
        ("qr", -99.0, 99.0, ""),
        ("c51", 0.0, 98.7, "--agent.distribution.high 99 or more"),
        ("c51", -1.25, 0.0, "--agent.distribution.low -2 or less"),
        (
            *("c51", -1.25, 98.7),
            "--agent.distribution.low -2 or less and --agent.distribution.high 99 or more",
        ),
    ],
)
def test_returns_outside_the_atoms_are_noted(kind, least, greatest, flags):
    agent = DQN(distribution=DistributionConfig(kind=kind, low=-1.0, high=10.0))
    about = f"discounted returns were from {least:.4g} to {greatest:.4g}, and c51 knows those "
    expected = f"{about}from -1 to 10 alone: give {flags}" if flags else ""
    assert agent.note_on_returns(least, greatest) == expected


@dataclass(frozen=True, kw_only=True)
class _Own(Agent):
    actor = learner = None  # type: ignore[assignment]  - nothing acts here
    steps: tuple[float, ...] = ()


def test_an_agent_of_a_users_own_is_looked_at_too():
    assert _Own(steps=(1.0, 2.0)).steps == (1.0, 2.0)
    with pytest.raises(InvalidSetting, match=r"--agent\.steps must be finite, got inf"):
        _Own(steps=(1.0, math.inf))
