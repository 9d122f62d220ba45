"""Frauds among card payments, ranked by an autoencoder and found by a classifier (book ch. 5)."""
