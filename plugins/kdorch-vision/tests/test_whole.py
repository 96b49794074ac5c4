"""Small studies of real digits, from the file to the model."""

from __future__ import annotations

from pathlib import Path

import pytest

import kdorch

DIGITS = """
name: few_digits
data: {use: mnist5k}
teacher: {use: trained, network: {use: resnet, width: 4}, epochs: 2, lr: 1e-2}
student: {use: conv, width: 8}
losses:
  task: {use: task, weight: 1.0}
  at: {use: attention, layers: {middle: middle, late: late}}
train: {epochs: 4, batch: 64, lr: 1e-2}
tune:
  losses.at.weight: [1e-3, 100.0]
objectives: {val/accuracy: max}
search: {trials: 2, sampler: random}
confirm: {top: 0}
"""


@pytest.fixture(autouse=True)
def _own_tracking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def test_a_loss_on_features_makes_a_student_look_where_its_teacher_looks(tmp_path: Path) -> None:
    """The heavier it weighs, the closer the maps; and what comes of it is shipped with its batch norms."""
    (tmp_path / "few_digits.yaml").write_text(DIGITS)
    results = kdorch.run(kdorch.Study.load(tmp_path / "few_digits.yaml"), home=tmp_path, workers=1)
    trials = results.trials
    apart = trials.set_index("losses.at.weight")["val/loss/at"]
    assert apart[100.0] < 0.8 * apart[1e-3]
    assert trials["val/accuracy"].max() > 0.8
    assert kdorch.promote(results, model="digits", unconfirmed=True).version == 1
