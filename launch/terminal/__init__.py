"""What a person at a terminal sees and does: lines, progress, Ctrl-C. Knows nothing of runs."""
