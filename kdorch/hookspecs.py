"""The extension points of kdorch: everything a plugin author implements.

Each hook gets a ``register`` callback. Call ``register(SomeClass)``, or, so that nothing heavy is imported
before the name is used, ``register("name", "package.module:SomeClass")``.
"""

from __future__ import annotations

from collections.abc import Callable

from pluggy import HookimplMarker, HookspecMarker

GROUP = "kdorch"
hookspec = HookspecMarker(GROUP)
hookimpl = HookimplMarker(GROUP)


@hookspec
def register_datasets(register: Callable[..., None]) -> None:
    """Offer rows to learn from."""


@hookspec
def register_teachers(register: Callable[..., None]) -> None:
    """Offer models to imitate."""


@hookspec
def register_students(register: Callable[..., None]) -> None:
    """Offer networks to train."""


@hookspec
def register_losses(register: Callable[..., None]) -> None:
    """Offer terms of the objective."""


@hookspec
def register_tasks(register: Callable[..., None]) -> None:
    """Offer kinds of learning problem."""


@hookspec
def register_measures(register: Callable[..., None]) -> None:
    """Offer numbers about a student that a study can optimise or limit."""


HOOKS = {
    "dataset": "register_datasets",
    "teacher": "register_teachers",
    "student": "register_students",
    "loss": "register_losses",
    "task": "register_tasks",
    "measure": "register_measures",
}
