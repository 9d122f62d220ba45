"""Supervised runs: the process of a job, the receiver of its events, its workers, its model."""
