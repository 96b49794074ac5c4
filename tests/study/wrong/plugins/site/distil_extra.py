"""Plugins that fit nothing in the sound study."""

from __future__ import annotations

from collections.abc import Callable

import kdorch


class Gaze(kdorch.Loss, name="gaze", needs={"features"}):
    """Needs what no network of ours provides."""


class Forecast(kdorch.Loss, name="forecast", tasks={"regression"}):
    """For numbers."""


class Forecaster(kdorch.Student, name="forecaster", tasks={"regression"}):
    """For numbers."""


class Twin(kdorch.Loss, name="twin"):
    """There is another of this name."""


class Homeless(kdorch.Dataset, name="homeless"):
    """For no task."""


class Boxes(kdorch.Dataset, name="boxes", tasks={"detection"}):
    """For a task that nobody offers."""


@kdorch.hookimpl
def register_losses(register: Callable[..., None]) -> None:
    register(Gaze)
    register(Forecast)
    register(Twin)
    register("lazy", "distil_extra_missing:Lazy")


@kdorch.hookimpl
def register_students(register: Callable[..., None]) -> None:
    register(Forecaster)


@kdorch.hookimpl
def register_datasets(register: Callable[..., None]) -> None:
    register(Homeless)
    register(Boxes)
