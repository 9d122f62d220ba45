"""Planning from the transitions that an environment publishes."""
