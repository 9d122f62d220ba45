"""Branching DQN: actions of several parts, each part valued for itself."""
