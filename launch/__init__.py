"""Actorlab: how runs are executed: commands, jobs, scheduler, run folders, Ray."""
