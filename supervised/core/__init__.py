"""What several chapters share: what a job is, its training, networks, scores and pictures."""
