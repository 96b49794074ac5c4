"""``kdorch study report``: where the page goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from webpage import read

import kdorch

pytestmark = pytest.mark.slow


def test_the_page_is_written_here_and_kept_in_mlflow(
    home: Path, write: Any, cli: Any, tmp_path: Path
) -> None:
    """Of a study of its own: others read in MLflow what the finished one left there by itself."""
    from mlflow import MlflowClient

    kdorch.run(kdorch.Study.load(write(search={"trials": 2})), home=home, workers=1)
    done = cli("--home", str(home), "study", "report", "tiny", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Wrote tiny.html\n", "")
    file = tmp_path / "tiny.html"
    assert read(file.read_text(encoding="utf-8")).all("h1")[0].text == "tiny"
    client = MlflowClient(f"sqlite:///{home / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("tiny").experiment_id
    (run,) = client.search_runs([experiment], "tags.`kdorch.kind` = 'summary'")
    kept = client.download_artifacts(run.info.run_id, "report.html", str(tmp_path))
    assert Path(kept).read_bytes() == file.read_bytes()


def test_where_runs_are_gone_the_page_is_written_all_the_same(
    home: Path, finished: Any, cli: Any, tmp_path: Path
) -> None:
    environment = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    words = (
        "--home",
        str(finished.home),
        "study",
        "report",
        "tiny",
        "--output",
        str(tmp_path / "a" / "page.html"),
    )
    done = cli(*words, environment=environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a" / "page.html").exists()
    told = done.stderr.splitlines()
    assert [line.partition(":")[0] for line in told] == [
        "Learning curves are not shown",
        "What teacher and student say of validation rows is not shown",
        "MLflow keeps no copy",
    ]
    assert all("Unset MLFLOW_TRACKING_URI" in line for line in told)


def test_a_study_that_is_not_there_is_a_mistake(home: Path, cli: Any) -> None:
    done = cli("--home", str(home), "study", "report", "tiny")
    assert done.returncode == 2
    assert "No study 'tiny'" in done.stderr
