"""Actorlab: what is acted on: batched streams of episodes, each with its own randomness."""
