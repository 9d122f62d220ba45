"""Actorlab: what every room may use: the only package below all others."""
