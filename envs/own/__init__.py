"""Environments of our own, by ids of Gymnasium: importing this module registers them."""

from gymnasium.envs.registration import register

register("actorlab/DeepSea-v0", "envs.own.deep_sea:DeepSea", max_episode_steps=100)
register("actorlab/TMaze-v0", "envs.own.memory:TMaze", max_episode_steps=200)
register("actorlab/MemoryChain-v0", "envs.own.memory:MemoryChain", max_episode_steps=200)
