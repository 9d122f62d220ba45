"""How a run of each kind is executed: reinforcement learning, and supervised jobs."""
