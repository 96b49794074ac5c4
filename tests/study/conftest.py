"""A small study as a file, and what its checking says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kdorch import StudyError
from kdorch.study import Study

SMALL = """\
name: small
data: {use: digits}
teacher: {use: trained, network: {use: mlp, width: 64}}
student: {use: mlp}
losses:
  task: {use: task, weight: 0.1}
  kd: {use: hinton, weight: 0.9}
train: {epochs: 5}
objectives: {val/accuracy: max, size/params: min}
"""


@pytest.fixture
def small() -> str:
    """A study without mistakes."""
    return SMALL


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Write a study file."""

    def written(text: str) -> Path:
        (tmp_path / "net.py").write_text("class Net: ...")
        file = tmp_path / "study.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return written


@pytest.fixture
def load(write: Callable[[str], Path]) -> Callable[..., Study]:
    """Load a study from its text and from assignments."""
    return lambda text, *overrides: Study.load(write(text), overrides)


@pytest.fixture
def complaints(load: Callable[..., Study]) -> Callable[..., list[str]]:
    """Return what is wrong with a study, one line per mistake, as a user reads it."""

    def found(text: str, *overrides: str) -> list[str]:
        with pytest.raises(StudyError) as error:
            load(text, *overrides)
        return [str(problem).replace(" (--set)", "") for problem in error.value.problems]

    return found
