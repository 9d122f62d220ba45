"""Actorlab: how jobs run: catalog, command line, Ray, tracking, checkpoints and reports."""
