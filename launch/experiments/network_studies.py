"""Studies of Q-networks: what replay and target networks do, and how actions enter (chapter 10)."""

from launch.experiments.study import Rows, Study, StudyVariant, ahead

_CAPACITIES = {"replay of 20,000": "20000", "newest 64": "64"}
_FULL, _NEWEST = _CAPACITIES
_TARGETS = {"target network": "polyak", "no target network": "none"}
_EVALUATED = {"evaluation.every_env_steps": "5000", "evaluation.episodes": "20"}
# One environment: its newest steps follow each other, where those of sixteen would be mixed.
_REPLAYED = {
    **_EVALUATED,
    "env_steps": "50000",
    "num_envs": "1",
    "workers": "1",
    "agent.updates_per_call": "16",
    "agent.epsilon.decay_steps": "10000",
}
_AT_ONCE, _EACH = "all actions at once", "action as input"


def _what_replay_is_worth(rows: Rows) -> str:
    """Replay against none, with and without a target network, and the network itself."""
    told = []
    for target in _TARGETS:
        full, newest = f"{_FULL}, {target}", f"{_NEWEST}, {target}"
        told.append(f"With {target}, {_compared(rows, full, newest)}")
    pair = [f"{_FULL}, {target}" for target in _TARGETS]
    return " ".join([*told, f"Of the target network: {_compared(rows, *pair)}"])


def _what_inputs_are_worth(rows: Rows) -> str:
    return f"After as many steps {_compared(rows, _AT_ONCE, _EACH)}"


def _compared(rows: Rows, one: str, other: str) -> str:
    means = ", ".join(f"{name} {rows[name]['final']:.4g}" for name in (one, other))
    return f"{ahead(rows, 'final', one, other)}: {means}."


STUDIES: dict[str, Study] = {
    "replay": Study(
        summary="What replay and a target network do for DQN",
        claim="Steps in their order are correlated, and a network learns from them badly: a replay "
        "mixes them.",
        variants={
            f"{size}, {target}": StudyVariant(
                experiment="dqn_cartpole",
                settings={**_REPLAYED, "agent.replay_capacity": capacity, "agent.target": kind},
            )
            for size, capacity in _CAPACITIES.items()
            for target, kind in _TARGETS.items()
        },
        seeds="5-9",  # budgets were changed after runs of 0 to 4 had been seen
        shows=_what_replay_is_worth,
        cost="4 min",
    ),
    "q_of_action": Study(
        summary="The action as input, or all actions at once",
        claim="One pass that values all actions learns as well as a pass for each action.",
        variants={
            name: StudyVariant(
                experiment="dqn_cartpole",
                settings={
                    **_EVALUATED,
                    "env_steps": "60000",
                    "agent.epsilon.decay_steps": "12000",
                    "agent.action_input": asked,
                },
            )
            for name, asked in ((_AT_ONCE, "false"), (_EACH, "true"))
        },
        seeds="5-9",  # budgets were changed after runs of 0 to 4 had been seen
        shows=_what_inputs_are_worth,
        cost="90 s",
    ),
}
