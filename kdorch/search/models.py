"""The models that students are compared with, by what they are called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from kdorch.errors import KdorchError
from kdorch.kinds import Teacher
from kdorch.study import Study


@dataclass(frozen=True)
class Model:
    """The teacher, or a reference: made ready once, scored, and read on the test rows once.

    Attributes:
        kind: What it is to the study, and what its run is called in MLflow.
        part: The model.
        label: Of a reference; empty for the teacher.
    """

    kind: Literal["teacher", "reference"]
    part: Teacher
    label: str = ""

    @property
    def name(self) -> str:
        """What people read: ``teacher``, ``reference linear``."""
        return f"{self.kind} {self.label}".rstrip()

    @property
    def path(self) -> str:
        """Where it stands in the study."""
        return f"references.{self.label}" if self.label else self.kind

    @property
    def tree(self) -> dict[str, Any]:
        """It, as the study writes it."""
        return self.part.model_dump(mode="json")


def models(study: Study) -> Iterator[Model]:
    """Yield the teacher, and then each reference."""
    yield Model("teacher", study.teacher)
    for label, part in study.references.items():
        yield Model("reference", part, label)


@contextmanager
def placed(model: Model) -> Iterator[None]:
    """Say of an error which reference it is about; those who raise it know a teacher only."""
    try:
        yield
    except KdorchError as error:
        if model.kind == "teacher":
            raise
        told, known = re.subn(r"^teacher(?=[.:])", model.path, str(error))
        raise type(error)(told if known else f"{model.path}: {told}") from error
