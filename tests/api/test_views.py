"""A whole study with views: made once, answered once, the same in every session; and its own code is watched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
OWN = """
import torch

def erase(inputs, generator):
    return inputs * (torch.rand(inputs.shape, generator=generator) > {share})
"""


def test_views_are_made_and_answered_once(
    tmp_path: Path, home: Path, cli: Callable[..., Any], write: Callable[..., Path]
) -> None:
    (tmp_path / "own_views.py").write_text(OWN.format(share=0.1))
    augment = {"views": 3, "shift": 1, "target": "own_views:erase", "mixup": 0.3}
    file = str(
        write(augment=augment, transfer={"labels": 200, "omit": ["3"]}, train={"epochs": 4, "lr": 0.01})
    )

    def run(trials: int) -> Any:
        return cli("--home", str(home), "study", "run", file, "--trials", str(trials))

    first = run(2)
    assert (first.returncode, first.stderr) == (0, "")
    assert "110 rows omitted; 200 labels kept, 768 rows without; 3 views" in first.stdout
    assert "views    answered by the teacher, 1,936 rows" in first.stdout
    stored = sorted(home.glob("store/*/*/manifest.json"))
    again = run(3)
    assert again.returncode == 0
    assert "answered by the teacher" not in again.stdout
    assert sorted(home.glob("store/*/*/manifest.json")) == stored
    (tmp_path / "own_views.py").write_text(OWN.format(share=0.2))
    refused = run(4)
    assert refused.returncode == 2
    assert "augment.target: the code, file or version behind it has changed." in refused.stderr
