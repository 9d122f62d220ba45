"""The five games of MinAtar (Young and Tian 2019), as batched dynamics of our own.

The games are written from their paper, and from how the package `minatar` 1.0.15 plays, which they
are compared with draw by draw; no line of the package is in here, and it need not be installed.
What it does around the games is not taken over: there `reset` keeps the last action, so that a
sticky first action is the one before the episode; seeding makes the sticky actions and the game
share one generator; and ids say that observations are bytes in a version of theirs, and give bools.
Here an episode starts with "no action" as its last one, each draw is keyed by the episode's seed,
its step and what it is for, and observations are the bools that the space says.
"""
