"""Own agents, environments, experiments and jobs, each in a file: copy one and change it."""
