"""Actorlab: what is acted on: batches of environments, each with its own randomness."""
