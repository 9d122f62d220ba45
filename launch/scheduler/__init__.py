"""Runs of both kinds side by side: on one cluster, or in this process without one."""
