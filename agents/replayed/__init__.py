"""Learning from a replay: what DQN and its relatives share."""
