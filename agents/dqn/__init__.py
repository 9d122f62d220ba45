"""Deep Q-network with experience replay."""
