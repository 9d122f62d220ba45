"""The agent that acts at random."""
