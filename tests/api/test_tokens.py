"""Texts, token by token: learnt, scored, told of what was mended, and shipped with what makes rows of texts."""

from __future__ import annotations

from pathlib import Path

import mlflow
import numpy as np
import pytest

import kdorch


class Listener(kdorch.Observer):
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


def summary(home: Path) -> tuple[str, str]:
    """The note and the samples of the summary."""
    client = mlflow.MlflowClient(f"sqlite:///{home}/mlflow.db")
    experiments = [each.experiment_id for each in client.search_experiments()]
    [run] = client.search_runs(experiments, "run_name = 'summary'")
    file = client.download_artifacts(run.info.run_id, "samples.md", str(home))
    return run.data.tags["mlflow.note.content"], Path(file).read_text()


@pytest.mark.slow
def test_a_study_of_tokens(tmp_path: Path) -> None:
    here, listener = Path(__file__).parent, Listener()
    results = kdorch.run(
        kdorch.Study.load(here / "letters.yaml"), home=tmp_path, observer=listener, workers=1
    )
    assert "data     3 letters are lost" in listener.said
    chance = 2.0  # bits of a letter out of four
    assert (results.trials["val/bits_per_character"] < 0.6 * chance).all()
    assert (results.confirmed["test/accuracy"] > 0.8).all()

    who = ["teacher", "trial {}, with the teacher", "trial {}, without the teacher"]
    trial = results.confirmed["candidate"][0]
    assert set(results.samples) == {each.format(trial) for each in who}
    note, file = summary(tmp_path)
    assert results.samples["teacher"] in note
    assert "### teacher\n\n```text\n" in file

    promoted = kdorch.promote(results, model="letters", alias="champion")
    code = promoted.card.partition("## From what you have to rows\n\n```python\n")[2].partition("\n```")[0]
    scope: dict[str, object] = {}
    exec(code, scope)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    shipped = Path(mlflow.artifacts.download_artifacts(promoted.uri)) / "encode.py"
    assert shipped.read_text() == f"{code}\n"
    model = mlflow.pyfunc.load_model(promoted.uri)
    said = model.predict(scope["encode"](["abc"]))  # type: ignore[operator]
    assert np.array_equal(said[0, :3].argmax(-1), [1, 2, 3])  # b after a, c after b, d after c
