"""The files that a sweep leaves in its folder beside its runs."""

TABLE, PICTURE, VALUES, TIMES = "sweep.md", "sweep.png", "sweep.json", "times.md"
