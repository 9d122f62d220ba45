"""Restricted Boltzmann machines, and deep belief networks made of them (book ch. 3)."""
