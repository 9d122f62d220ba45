"""Measurements. Nothing here is asserted: machines differ, and this one is noisy."""
