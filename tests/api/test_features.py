"""A whole study with a loss on features: of anybody's networks, by the paths of their modules."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:The ``noload`` loader")]

PLUGIN = """
import kdorch


class Echo(kdorch.Loss, name="echo", needs={"features"}):
    def build(self, task, student, teacher):
        from torch import nn
        widths = [each.features["late"].shape[1] for each in (student, teacher)]

        class Term(nn.Module):
            def __init__(self):
                super().__init__()
                self.fit = nn.Linear(*widths)

            def forward(self, student, teacher, batch):
                return nn.functional.mse_loss(self.fit(student.features["late"]), teacher.features["late"])

        return Term()


@kdorch.hookimpl
def register_losses(register):
    register(Echo)
"""
NETWORK = """
from torch import nn


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(64, width), nn.ReLU())
        self.head = nn.Linear(width, 10)

    def forward(self, inputs):
        return self.head(self.body(inputs))
"""


def network(width: int, **more: Any) -> dict[str, Any]:
    return {"use": "module", "target": "tapped:Net", "args": {"width": width}, **more}


def test_a_loss_on_features_is_checked_run_and_shipped(
    tmp_path: Path, cli: Callable[..., Any], write: Callable[..., Path]
) -> None:
    info = tmp_path / "site" / "echo-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: echo\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[kdorch]\necho = echo_plugin\n")
    (tmp_path / "site" / "echo_plugin.py").write_text(PLUGIN)
    (tmp_path / "tapped.py").write_text(NETWORK)
    path = {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), str(tmp_path / "site")])}
    late = {"features": {"late": "body"}}

    def kdorch(*words: str) -> Any:
        return cli("--home", str(tmp_path / "home"), *words, environment=path)

    def study(student: dict[str, Any], teacher: dict[str, Any]) -> str:
        sections = {
            "teacher": {"use": "trained", "network": network(32, **teacher), "epochs": 3},
            "student": network(8, **student),
            "losses": {"task": {"use": "task"}, "echo": {"use": "echo"}},
            "tune": {"student.args.width": {"low": 4, "high": 12}},
            "search": {"trials": 2, "sampler": "random"},
        }
        return str(write(**sections))

    refused = kdorch("study", "check", study(late, {}))
    assert "needs features from the teacher, but 'trained' provides only its prediction" in refused.stderr
    file, said = study(late, late), []
    for words in (("study", "run", file), ("promote", "tiny", "--model", "mine")):
        done = kdorch(*words)
        assert (done.returncode, done.stderr) == (0, "")
        said.append(done.stdout)
    assert "features of 1 layer stored, 183.9 kB" in said[0]
    assert "features: {late: body}" in said[1]
    more = kdorch("study", "run", file, "--trials", "3", "--set", "store.disk=100kB")
    assert more.returncode == 0, more.stderr  # the teacher is the same, and so may trials be compared
    assert "features are recomputed in each trial: 183.9 kB would not fit store.disk 100.0 kB" in more.stdout
