"""Parallel Q-learning: many environments in place of a replay and of a target network."""
