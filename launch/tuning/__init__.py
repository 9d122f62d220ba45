"""Hyper-parameter search: which trials to run, and what they found."""
