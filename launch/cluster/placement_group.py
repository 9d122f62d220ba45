"""Placement groups: what is placed together or not at all."""

from typing import Any

from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy


def first_place(group: Any) -> PlacementGroupSchedulingStrategy:
    """The first place of a placement group, for a task whose own workers take the other places."""
    return PlacementGroupSchedulingStrategy(
        group, placement_group_bundle_index=0, placement_group_capture_child_tasks=True
    )
