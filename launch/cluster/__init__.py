"""Ray: starting or joining it, what fits on it, and groups of its actors."""
