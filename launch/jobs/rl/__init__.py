"""Reinforcement learning runs: a training with everything that makes a run folder."""
