"""Reinforcement learning runs: the deterministic pipeline, and everything around it."""
