"""Bootstrapped DQN: an ensemble of networks, one of which acts through an episode."""
