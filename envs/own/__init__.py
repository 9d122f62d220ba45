"""Environments of our own, by ids of Gymnasium: importing this module registers them."""

import gymnasium
from gymnasium.envs.registration import register

register("actorlab/DeepSea-v0", "envs.own.deep_sea:DeepSea", max_episode_steps=100)
register("actorlab/TMaze-v0", "envs.own.memory:TMaze", max_episode_steps=200)
register("actorlab/MemoryChain-v0", "envs.own.memory:MemoryChain", max_episode_steps=200)

for _game in ("Asterix", "Breakout", "Freeway", "Seaquest", "SpaceInvaders"):
    for _version in (0, 1):
        _id = f"MinAtar/{_game}-v{_version}"
        gymnasium.registry.pop(_id, None)  # the package minatar's, where that is installed
        register(
            _id,
            "envs.own.minatar.single:MinAtar",
            max_episode_steps=5_000,
            kwargs={
                "game": "space_invaders" if _game == "SpaceInvaders" else _game.lower(),
                "use_minimal_action_set": _version == 1,
            },
        )
