"""What works on this machine, what is missing, and how each thing missing is mended."""
