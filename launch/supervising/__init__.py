"""Supervised jobs: where they run, and where what they hand over is kept."""
