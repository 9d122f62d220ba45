"""The agents by name, as `config.json` names them: ours, installed ones, and any module's."""

from agents.agent import Agent
from common.plugins import NotFound, named, path_of

GROUP = "actorlab.agents"
"""The entry points under which an installed package offers agents."""

OURS = {
    "dqn": "agents.dqn.config:DQN",
    "linear_q": "agents.linear_q.config:LinearQ",
    "q_table": "agents.q_table.config:QTable",
    "random": "agents.random.config:Random",
}
"""Our agents and where they are."""


def name_of(kind: type[Agent]) -> str:
    """The name of an agent's class: short for ours, `module:Class` for any other."""
    path = path_of(kind)
    return next((name for name, where in OURS.items() if where == path), path)


def agent_type(name: str) -> type[Agent]:
    """The class of an agent.

    Args:
        name: As `name_of` gives it, or the name of an installed entry point.

    Raises:
        common.plugins.NotFound: There is no such agent, or its module cannot be imported.
    """
    found = named(name, OURS, GROUP)
    if not (isinstance(found, type) and issubclass(found, Agent)):
        raise NotFound(f"{name} is not an agent: a subclass of agents.agent.Agent is needed")
    return found
