"""A reduced real case: from generated sound by Silero's answers to a model that takes samples."""

from __future__ import annotations

from pathlib import Path

import mlflow
import numpy as np
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
train: {epochs: 20, batch: 16, lr: 2e-2}
objectives: {val/accuracy: max}
search: {trials: 1}
confirm: {top: 1, seeds: 1}
"""


def test_a_student_learns_from_silero_and_ships_with_its_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers WAV files by the code of its card; `promote` compares it in a process without kdorch."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "small.yaml").write_text(STUDY)
    study = kdorch.Study.load(tmp_path / "small.yaml")
    results = kdorch.run(study, home=tmp_path / "home", workers=1)
    assert results.trials["val/accuracy"].max() > 0.8
    promoted = kdorch.promote(results, model="vad")
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'home' / 'mlflow.db'}")
    model = mlflow.pyfunc.load_model(f"models:/vad/{promoted.version}")
    silence = model.predict(np.zeros((3, 32 * 512), np.int16))
    assert silence.shape == (3, 32)
    assert (silence < 0).all()
