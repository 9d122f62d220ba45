"""What both kinds of runs know of trained models: what is in a file, and files for others."""
