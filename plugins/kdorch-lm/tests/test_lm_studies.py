"""Whole studies: from a text to a model that runs without this plugin."""

from __future__ import annotations

from pathlib import Path

import mlflow
import numpy as np
import pytest

import kdorch

SMALL = """
name: small
data: {{use: text_blocks, path: {path}, length: 24}}
teacher: {{use: trained, network: {{use: transformer_lm, layers: 1, width: 32, heads: 2}}, epochs: 1, batch: 8}}
student: {{use: transformer_lm, layers: 1, width: 16, heads: 1, expansion: 1}}
losses: {{task: {{use: task, weight: 0.5}}, kd: {{use: forward_kl, weight: 0.5}}}}
store: {{top: 8}}
transfer: {{rows: 200}}
train: {{epochs: 1, batch: 8}}
tune: {{train.lr: [4e-3]}}
objectives: {{val/bits_per_character: min, size/params: min}}
search: {{trials: 1}}
confirm: {{top: 1, seeds: 1}}
"""


@pytest.mark.slow
def test_a_study_of_text_ends_in_a_model_that_takes_text(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    study = tmp_path / "small.yaml"
    study.write_text(SMALL.format(path=file))
    results = kdorch.run(kdorch.Study.load(study), home=tmp_path, workers=1)
    assert 0 < results.teacher["test/bits_per_character"] < np.log2(100)
    assert set(results.samples) == {"teacher", "trial 0, with the teacher", "trial 0, without the teacher"}
    assert "[...]" in results.samples["teacher"]

    promoted = kdorch.promote(results, model="small")
    code = promoted.card.partition("```python\nimport numpy")[2].partition("\n```")[0]
    scope: dict[str, object] = {}
    exec(f"import numpy{code}", scope)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    model = mlflow.pyfunc.load_model(promoted.uri)
    said = model.predict(scope["encode"](["the", "then"]))  # type: ignore[operator]
    assert said.shape == (2, 24, 100)
    assert np.allclose(said[0, :3], said[1, :3], atol=1e-5)  # what comes later is not seen
