"""Every experiment: its config, and what it is measured against."""
