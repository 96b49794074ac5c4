"""What a worker imports, each of them: it is paid for before the first trial of every study."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kdorch.search.home import Home

pytestmark = pytest.mark.slow

_NETWORK = """
import sys
from torch import nn

def network():
    heavy = {"torch._dynamo", "torch._inductor", "torchmetrics", "matplotlib", "mlflow"}
    print("has", *sorted(heavy & sys.modules.keys()), ".")
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
"""
_STUDY = """
name: light
data: {use: digits}
teacher: {use: trained, network: {use: mlp, width: 8}, epochs: 1}
student: {use: module, target: "own:network"}
losses: {task: {use: task}, kd: {use: hinton}}
train: {epochs: 1}
tune: {train.lr: {low: 1.0e-3, high: 1.0e-2}}
objectives: {val/f1: max, cost/flops: min}
search: {trials: 3}
confirm: {top: 0}
"""


def test_a_worker_that_has_trained_has_no_compiler_and_no_plotting_library(
    tmp_path: Path, cold_cli: Callable[..., Any]
) -> None:
    (tmp_path / "own.py").write_text(_NETWORK)
    (tmp_path / "study.yaml").write_text(_STUDY)
    done = cold_cli("study", "run", "study.yaml", "--workers", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    logs = (tmp_path / Home(Path(".kdorch")).study("light").logs).glob("*.log")
    found = [line for log in logs for line in log.read_text().splitlines() if line.startswith("has")]
    assert len(found) >= 4  # tried before the search, and then built for each trial
    assert set(found) == {"has ."}
