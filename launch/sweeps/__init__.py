"""Sweeps: an experiment with each of several settings and seeds, in one table and one picture."""
