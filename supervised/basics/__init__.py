"""The basics: tensors, linear regression, a look at MNIST (book, chapters 2 and 3)."""
