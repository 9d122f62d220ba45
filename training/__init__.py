"""Actorlab: the loop of acting and learning, without Ray, files or a command line."""
