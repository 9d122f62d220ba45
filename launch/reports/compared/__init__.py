"""Agents compared over seeds: measures whose intervals cover, pictures and pages."""
