"""The one-layer Q-network."""
