"""Autoencoders of digits (chapter 5)."""
