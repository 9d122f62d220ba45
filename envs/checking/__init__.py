"""Plays an environment and says whether it keeps what equal bits need of it."""
