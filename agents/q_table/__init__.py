"""Tabular control: Q-learning, and what can be put in the place of its parts."""
