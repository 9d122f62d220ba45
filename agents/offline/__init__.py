"""Agents that learn from recorded transitions alone."""
