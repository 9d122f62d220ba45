"""Actorlab: the book's supervised systems, without Ray and command line."""
