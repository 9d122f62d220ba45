"""The book's one-layer Q-network: action values linear in the observation."""
