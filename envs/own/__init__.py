"""Environments of our own, by ids of Gymnasium: importing this module registers them."""

from gymnasium.envs.registration import register

register("actorlab/DeepSea-v0", "envs.own.deep_sea:DeepSea", max_episode_steps=100)
