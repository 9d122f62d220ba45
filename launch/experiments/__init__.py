"""Experiments: named, frozen configs with what they are measured against."""
