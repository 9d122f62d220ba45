"""R2D2: a recurrent deep Q-network that learns from sequences."""
