"""Images: datasets, small networks, and a teacher that knows a million photographs.

This module names what there is; it imports neither torch nor what ships data and weights, so that
``kdorch --help`` stays quick wherever the plugin is installed.

Reading order: :mod:`~kdorch_vision.networks` (the students), :mod:`~kdorch_vision.blocks` (what they are made
of), :mod:`~kdorch_vision.datasets`, :mod:`~kdorch_vision.efficientnet` (the teacher and its network).
"""

from __future__ import annotations

from collections.abc import Callable

import kdorch


@kdorch.hookimpl
def register_datasets(register: Callable[..., None]) -> None:
    """Digits and clothes, 28 x 28 pixels each."""
    register("mnist5k", "kdorch_vision.datasets:Mnist5k")
    register("fashion_mnist", "kdorch_vision.datasets:FashionMnist")


@kdorch.hookimpl
def register_students(register: Callable[..., None]) -> None:
    """Plain, depthwise and residual networks, and the one of the teacher."""
    register("conv", "kdorch_vision.networks:Conv")
    register("depthwise", "kdorch_vision.networks:Depthwise")
    register("resnet", "kdorch_vision.networks:ResNet")
    register("efficientnet_lite0", "kdorch_vision.efficientnet:EfficientNetLite0")


@kdorch.hookimpl
def register_teachers(register: Callable[..., None]) -> None:
    """A network trained on photographs, with a head for the study's own classes."""
    register("efficientnet_lite0", "kdorch_vision.pretrained:Pretrained")
