"""The agent that acts at random: the baseline of every other."""
