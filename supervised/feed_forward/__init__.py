"""Chapter 3: multi-layer perceptrons on digits and on a bank's telephone calls."""
