"""The book's supervised systems: Keras, TensorFlow, scikit-learn, pandas; no Ray, no command line."""
