"""Recommenders and factorization machines (chapter 9)."""
