"""Recurrent networks (chapter 6)."""
