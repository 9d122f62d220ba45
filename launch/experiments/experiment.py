"""What an experiment is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from launch.configs import RunConfig
from launch.spaces import Axis


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What others say of an experiment, for the ledger.

    Attributes:
        metric: Which of a supervised job's test figures is claimed; agents choose by environment.
        book: The book's figure, or None.
        note: Where the book's figure stands and what it is really of.
        comparable: Whether the book's figure is of the same thing: a test figure of a sound
            measurement.
        optimum: The best possible figure, where it is known without a computation.
    """

    metric: str = ""
    book: float | None = None
    note: str | None = None
    comparable: bool = False
    optimum: float | None = None


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A named, frozen config.

    Attributes:
        summary: What it is, in one line.
        config: Its defaults.
        claim: What it is measured against.
        cost: Measured wall time of a default run on 2 cores; empty where it was not measured.
        any_env: Whether its environment is an example, and --env is meant to name another.
        needs: Files without which it cannot run, and which no command here fetches; or "".
        space: What `tune` searches, by the setting's flag name.
    """

    summary: str
    config: RunConfig
    claim: Claim = Claim()
    cost: str = ""
    any_env: bool = False
    needs: str = ""
    space: Mapping[str, Axis] = field(default_factory=dict)
