"""Actorlab: agents and all that they are made of, in NumPy and TensorFlow."""
