"""A reduced real case: from generated sound by Silero's answers to a model that takes samples."""

from __future__ import annotations

from pathlib import Path

import pytest

import kdorch

STUDY = """
name: small
data: {use: voice_activity, clips: 360, frames: 32, mels: 16}
teacher: {use: silero_vad}
student: {use: frame_cnn, per: frame, width: 12, depth: 2}
transfer: {labels: 10}
losses:
  task: {use: task, weight: 0.1}
  kd: {use: hinton, temperature: 1}
train: {epochs: 15, batch: 16, lr: 2e-2}
objectives: {val/accuracy: max}
search: {trials: 1}
confirm: {top: 0}
"""


def test_a_student_learns_from_silero_and_ships_with_its_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`promote` compares it, on int16 samples, in a process that has neither kdorch nor this plugin."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "small.yaml").write_text(STUDY)
    study = kdorch.Study.load(tmp_path / "small.yaml")
    results = kdorch.run(study, home=tmp_path / "home", workers=1)
    assert results.trials["val/accuracy"].max() > 0.8
    assert kdorch.promote(results, model="vad", unconfirmed=True).version == 1
