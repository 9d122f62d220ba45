"""Actorlab: what learns to act, in NumPy and TensorFlow."""
