"""Studies of tables: exploration, the discount, and planning beside learning (chapter 10)."""

from collections.abc import Mapping

from launch.experiments.study import Rows, Study, StudyVariant

_NEAR = 0.9  # share of the optimum from which a variant counts as having found it
_LAKE, _SEA = "lake", "sea"  # how the names of variants begin
_ON_THE_LAKE = {
    "env_steps": "200000",
    "num_envs": "64",
    "lag": "0",
    "evaluation.every_env_steps": "20000",
    "evaluation.episodes": "200",
    "evaluation.final_episodes": "2000",
}
_IN_THE_SEA = {
    "env": "actorlab/DeepSea-v0",
    "env_steps": "10000",
    "evaluation.every_env_steps": "500",
    "evaluation.episodes": "1",
    "evaluation.final_episodes": "1",
}
_TABLE_IN_THE_SEA = {**_IN_THE_SEA, "num_envs": "4", "rollout_length": "5", "lag": "0"}


def _epsilon(start: str, end: str, steps: str = "1") -> dict[str, str]:
    return {
        "agent.epsilon.start": start,
        "agent.epsilon.end": end,
        "agent.epsilon.decay_steps": steps,
    }


def _ways(
    where: str, base: Mapping[str, str], *, decay: str, step: str, ucb: str
) -> dict[str, StudyVariant]:
    """The ways of a table to explore.

    Args:
        where: How their names begin.
        base: What they share.
        decay: Steps over which ε falls.
        step: The constant step size that an optimistic start needs.
        ucb: The scale of UCB's bonus.
    """
    ways = {
        "ε 0": _epsilon("0", "0"),
        "ε 0.1": _epsilon("0.1", "0.1"),
        "ε falling": _epsilon("1", "0.1", decay),
        "softmax": {**_epsilon("0", "0"), "agent.temperature": "0.02"},
        "optimistic": {
            **_epsilon("0", "0"),
            "agent.initial_value": "1",
            "agent.learning_rate": step,
        },
        "UCB": {**_epsilon("0", "0"), "agent.ucb": ucb},
    }
    return {
        f"{where}, {name}": StudyVariant(experiment="q", settings={**base, **way})
        for name, way in ways.items()
    }


def _at(rows: Rows, where: str) -> Rows:
    """The rows whose names begin with a place, without it."""
    start = f"{where}, "
    return {name.removeprefix(start): row for name, row in rows.items() if name.startswith(start)}


def _best(rows: Rows) -> float:
    """The greatest return that any of these agents could have."""
    return max(row["optimum"] for row in rows.values())


def _named(rows: Rows) -> str:
    return ", ".join(f"{name} ({row['final']:.3g})" for name, row in rows.items())


def _who_finds_it(rows: Rows) -> str:
    """Who comes near the optimum of each place and who does not, and what ε 0 does."""
    told, stuck = [], []
    for where in (_LAKE, _SEA):
        own = _at(rows, where)
        best = _best(own)
        near = {name: row for name, row in own.items() if row["final"] >= _NEAR * best}
        others = {name: row for name, row in own.items() if name not in near}
        told.append(
            f"{where}, where {best:.3g} can be had: near it {_named(near) or 'nobody'}; "
            f"not {_named(others) or 'nobody'}."
        )
        stuck += [where] * ("ε 0" in others)
    verdict = f"gets stuck ({', '.join(stuck)})" if stuck else "does not get stuck"
    return f"Pure exploitation {verdict}. In the {' In the '.join(told)}"


def _where_it_turns(rows: Rows) -> str:
    """The least γ with which each place's optimum is found."""
    told = []
    for where in (_LAKE, _SEA):
        own = _at(rows, where)
        best = _best(own)
        near = [name for name, row in own.items() if row["final"] >= _NEAR * best]
        least = min(near, key=_number, default=None)
        low = min(own, key=_number)
        told.append(
            f"In the {where} {least or 'no γ'} is the least that comes near the optimum {best:.3g}"
            f"; with {low} the agent gets {own[low]['final']:.3g}."
        )
    return " ".join(told)


def _number(name: str) -> float:
    return float(name.split()[-1])


def _steps_to_the_optimum(rows: Rows) -> str:
    """How many backups each needed until an evaluation came near the optimum."""
    needed = ", ".join(
        f"{name} {row['env_steps']:,.0f}"
        if row["solved"] == row["finished"]
        else f"{name} never, in {row['finished'] - row['solved']} of {row['finished']} runs"
        for name, row in rows.items()
    )
    if any(row["solved"] < row["finished"] for row in rows.values()):
        return f"Backups of a state until an evaluation has 0.7: {needed}."
    most = max(rows, key=lambda name: rows[name]["env_steps"])
    planned = [row["env_steps"] for name, row in rows.items() if name != _LEARNED]
    more = rows[_LEARNED]["env_steps"] / max(planned)
    verdict = (
        f"Learning takes {more:.3g} times the backups of the slowest planning"
        if most == _LEARNED
        else f"{most} takes the most backups"
    )
    return (
        f"{verdict}. Backups of a state (planning's over all actions and outcomes, learning's of "
        f"what happened) until an evaluation has 0.7: {needed}."
    )


_LEARNED = "Q-learning"
_UNTIL_SOLVED = {
    "until_solved": "true",
    "solved_at": "0.7",
    "evaluation.episodes": "200",
    "evaluation.final_episodes": "2000",
}
_PLANNED = {  # a sweep over the lake's 16 states in each iteration of 16 steps: a backup a step
    **_UNTIL_SOLVED,
    "num_envs": "2",
    "rollout_length": "8",
    "agent.sweeps_per_rollout": "1",
    "env_steps": "64000",
    "evaluation.every_env_steps": "80",
}
_ITERATED = {**_PLANNED, "agent.method": "policy_iteration"}

STUDIES: dict[str, Study] = {
    "exploration": Study(
        summary="Pure exploitation gets stuck; who does not",
        claim="An agent that only exploits gets stuck below what can be had; exploring finds it.",
        variants={
            **_ways(_LAKE, _ON_THE_LAKE, decay="100000", step="0.05", ucb="5"),
            **_ways(
                _SEA,
                _TABLE_IN_THE_SEA | {"agent.learning_rate": "0.5"},
                decay="5000",
                step="0.5",
                ucb="1",
            ),
            "sea, DQN": StudyVariant(
                experiment="dqn",
                settings={
                    **_IN_THE_SEA,
                    **_epsilon("1", "0.1", "5000"),
                    "num_envs": "4",
                    "rollout_length": "8",
                    "agent.discount": "0.99",
                    "agent.learning_rate": "0.001",
                    "agent.learning_starts": "128",
                    "agent.updates_per_call": "16",
                },
            ),
            "sea, bootstrapped DQN": StudyVariant(
                experiment="bootstrapped_deepsea", settings=_IN_THE_SEA
            ),
        },
        seeds="0-4",
        shows=_who_finds_it,
        cost="4 min",
    ),
    "discounts": Study(
        summary="The discount decides how far ahead counts",
        claim="A small γ takes what is near: it misses rewards beyond its horizon of 1 / (1 - γ).",
        variants={
            **{
                f"{_LAKE}, γ {discount}": StudyVariant(
                    experiment="q",
                    settings={
                        **_ON_THE_LAKE,
                        **_epsilon("1", "0.1", "100000"),
                        "agent.discount": discount,
                    },
                )
                for discount in ("0.5", "0.8", "0.9", "0.99", "0.999")
            },
            **{
                f"{_SEA}, γ {discount}": StudyVariant(
                    experiment="plan",
                    settings={
                        **_IN_THE_SEA,
                        "env_kwargs": "size=20",
                        "env_steps": "2560",
                        "agent.discount": discount,
                    },
                )
                for discount in ("0.5", "0.7", "0.8", "0.99")
            },
        },
        seeds="0-4",
        shows=_where_it_turns,
        cost="3 min",
    ),
    "planning": Study(
        summary="Value and policy iteration beside Q-learning",
        claim="Who knows the transitions needs far fewer backups than who has to try them.",
        variants={
            "value iteration": StudyVariant(experiment="plan", settings=_PLANNED),
            "policy iteration": StudyVariant(experiment="plan", settings=_ITERATED),
            "policy iteration to 0.001": StudyVariant(
                experiment="plan", settings={**_ITERATED, "agent.tolerance": "0.001"}
            ),
            _LEARNED: StudyVariant(
                experiment="q",
                settings={
                    **_ON_THE_LAKE,
                    **_UNTIL_SOLVED,
                    **_epsilon("1", "0.1", "100000"),
                    "evaluation.every_env_steps": "5000",
                },
            ),
        },
        seeds="0-4",
        shows=_steps_to_the_optimum,
        cost="24 s",
    ),
}
