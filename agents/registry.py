"""The agents by name, as `config.json` names them: ours, installed ones, and any module's."""

from agents.agent import Agent
from common import plugins

GROUP = "actorlab.agents"
"""The entry points under which an installed package offers agents."""

OURS = {
    "bootstrapped": "agents.bootstrapped.config:Bootstrapped",
    "branching": "agents.branching.config:Branching",
    "bc": "agents.offline.config:BC",
    "bcq": "agents.offline.config:BCQ",
    "cql": "agents.offline.config:CQL",
    "dqn": "agents.dqn.config:DQN",
    "linear_q": "agents.linear_q.config:LinearQ",
    "pqn": "agents.pqn.config:PQN",
    "planner": "agents.planner.config:Planner",
    "q_table": "agents.q_table.config:QTable",
    "r2d2": "agents.r2d2.config:R2D2",
    "random": "agents.random.config:Random",
}
"""Our agents and where they are."""


def name_of(kind: type[Agent]) -> str:
    """The name of an agent's class: short for ours, `module:Class` for any other."""
    return plugins.name_of(kind, OURS)


def agent_type(name: str) -> type[Agent]:
    """The class of an agent.

    Args:
        name: As `name_of` gives it, or the name of an installed entry point.

    Raises:
        common.plugins.NotFound: There is no such agent, or its module cannot be imported.
    """
    return plugins.type_named(name, OURS, GROUP, Agent, "an agent")
