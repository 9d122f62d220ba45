"""Convolutional networks (chapter 4)."""
