"""What learns to act: Q-tables, Q-networks and DQN over batches of transitions."""
