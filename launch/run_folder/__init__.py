"""The run folder: the interface between a run and everything that reads it."""
