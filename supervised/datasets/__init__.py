"""Data sets: published formats read, checked and split; every one says what kind of data it is."""
