"""Object detection: a task with boxes, two datasets, networks with a heat map, a loss between two of them.

This module names what there is; it imports neither torch nor what reads images, so that ``kdorch --help``
stays quick wherever the plugin is installed.
"""

from __future__ import annotations

from collections.abc import Callable

import kdorch


@kdorch.hookimpl
def register_tasks(register: Callable[..., None]) -> None:
    """Boxes with classes."""
    register("detection", "kdorch_detection.task:Detection")


@kdorch.hookimpl
def register_datasets(register: Callable[..., None]) -> None:
    """Made scenes, and a user's own images."""
    register("scenes", "kdorch_detection.scenes:Scenes")
    register("boxes", "kdorch_detection.files:Boxes")


@kdorch.hookimpl
def register_students(register: Callable[..., None]) -> None:
    """One network: teachers come from it as ``{use: trained, network: {use: centernet}}``."""
    register("centernet", "kdorch_detection.centernet:CenterNet")


@kdorch.hookimpl
def register_losses(register: Callable[..., None]) -> None:
    """What one detector learns from another's heat map and boxes."""
    register("heat_map", "kdorch_detection.heat_map:HeatMap")
