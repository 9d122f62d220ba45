"""The book's supervised systems: Keras, scikit-learn, pandas; no Ray, no command line."""
