"""The commands, one module each. None imports TensorFlow or Ray before it needs them."""
