"""What a user can set about a run. Imports neither TensorFlow nor Ray."""
