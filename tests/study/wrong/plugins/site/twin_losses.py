"""A loss whose name somebody else has taken."""

from __future__ import annotations

from collections.abc import Callable

import kdorch


class Twin(kdorch.Loss, name="twin"):
    """There is another of this name."""


@kdorch.hookimpl
def register_losses(register: Callable[..., None]) -> None:
    register(Twin)
