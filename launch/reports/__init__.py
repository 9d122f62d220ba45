"""Pictures and tables of runs, read from their folders."""
