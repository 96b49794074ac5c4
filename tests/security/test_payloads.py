"""Bytes from outside become numbers, not objects, unless the user wrote trust; each payload here is live."""

from __future__ import annotations

import os
import pickle
import warnings
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import planting
import pytest
import torch

import kdorch
from kdorch.builtin.files.dataset import Files
from kdorch.builtin.networks import Mlp
from kdorch.builtin.teachers import Checkpoint, Exported, Predictions, Sklearn

TASK = kdorch.Classification(labels=("a", "b", "c"), input_shape=(4,))
ROWS = torch.arange(4)


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """What exists once a payload was executed."""
    return tmp_path / "mark"


@pytest.fixture
def lessons() -> Any:
    batch = kdorch.Batch(torch.zeros(4, 4), ROWS % 3, ROWS, raw=torch.zeros(4, 4))
    return SimpleNamespace(task=TASK, seed=0, train=batch, note=print, ids=lambda split: ROWS)


# ---------------------------------------------------------------- models: refused without trust, live with it

MODELS: dict[str, tuple[Callable[[Path, Path], Path], Callable[..., Any]]] = {
    "model.pt2": (planting.program, lambda file, **trust: Exported(path=file, **trust)),
    "model.pt": (planting.script, lambda file, **trust: Exported(path=file, **trust)),
    "model.skops": (planting.estimator, lambda file, **trust: Sklearn(file=file, **trust)),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_runs_code_needs_trust(name: str, mark: Path, tmp_path: Path, lessons: Any) -> None:
    plant, make = MODELS[name]
    file = plant(mark, tmp_path / name)
    with pytest.raises(kdorch.DataError, match=r"teacher\.trust: .* If you|if you know who .*trust: true"):
        make(file).fit(lessons)
    assert not mark.exists()
    trusting = make(file, trust=True)
    with warnings.catch_warnings(action="ignore"), suppress(kdorch.DataError):  # it may be of no use besides
        trusting.build(TASK, trusting.fit(lessons))
    assert mark.exists()


@pytest.mark.parametrize("name", ["model.pt2", "model.pt"])
def test_it_is_told_when_the_study_is_checked_wherever_the_model_stands(
    name: str, tmp_path: Path, tree: Any, ask: Any
) -> None:
    file = tmp_path / name
    file.write_bytes(b"it is not opened")
    foreign = {"use": "exported", "path": str(file)}
    both = {"use": "ensemble", "members": {"one": foreign, "two": foreign}}
    for sections, where in (
        ({"teacher": foreign}, "teacher.trust"),
        ({"teacher": both}, "teacher.members.two.trust"),
        ({"references": {"rival": foreign}}, "references.rival.trust"),
    ):
        with pytest.raises(kdorch.StudyError, match=rf"{where} \(line 1\): loading {name} can run"):
            kdorch.Study.load(written(tmp_path, tree(**sections)))
        answer = ask("study", "check", "--no-plugins", str(tmp_path / "study.yaml"))
        assert (answer.code, where in answer.errors) == (2, True)


def written(folder: Path, sections: Any) -> Path:
    import json

    file = folder / "study.yaml"
    file.write_text(json.dumps(sections))
    return file


# ---------------------------------------------------------------- what is never unpickled, trust or not


@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_pickled_weights_are_refused_when_the_study_is_checked(
    suffix: str, mark: Path, tmp_path: Path, tree: Any, lessons: Any
) -> None:
    file = planting.pickled(mark, tmp_path / f"weights.{suffix}")
    teacher = Checkpoint(network=Mlp(width=5), weights=file)
    with pytest.raises(kdorch.StudyError, match="cannot be read as safetensors"):
        kdorch.Study.load(written(tmp_path, tree(teacher=teacher.model_dump(mode="json"))))
    with pytest.raises(kdorch.DataError, match="cannot be read as safetensors"):
        teacher.fit(lessons)
    assert ("kdorch never does it" in teacher.complaints()["weights"]) == (suffix == "pt")
    assert not mark.exists()
    torch.load(BytesIO(file.read_bytes()), weights_only=False)
    assert mark.exists()


@pytest.mark.parametrize("place", ["inputs", "labels", "archive", "predictions"])
def test_arrays_of_objects_are_refused(place: str, mark: Path, tmp_path: Path, lessons: Any) -> None:
    inputs, labels = tmp_path / "inputs.npy", tmp_path / "labels.npy"
    np.save(inputs, np.zeros((4, 2)))
    np.save(labels, np.arange(4) % 2)
    archive = planting.archive(mark, tmp_path / "rows.npz")
    planted = {
        "inputs": lambda: Files(path=planting.array(mark, inputs), labels=labels).load(),
        "labels": lambda: Files(path=inputs, labels=planting.array(mark, labels)).load(),
        "archive": lambda: Files(path=archive).load(),
        "predictions": lambda: Predictions(path=archive).fit(lessons),
    }
    with pytest.raises(kdorch.DataError, match=r"(?i)object"):
        planted[place]()
    assert not mark.exists()
    np.load(archive, allow_pickle=True)["inputs"]
    assert mark.exists()


@pytest.mark.parametrize("reader", ["data", "predictions"])
def test_a_pickle_under_the_name_of_an_archive_is_refused(
    reader: str, mark: Path, tmp_path: Path, lessons: Any
) -> None:
    file = tmp_path / "rows.npz"
    file.write_bytes(pickle.dumps(planting.Touch(mark)))
    with pytest.raises(kdorch.DataError, match=r"rows\.npz"):
        Files(path=file).load() if reader == "data" else Predictions(path=file).fit(lessons)
    assert not mark.exists()
    np.load(file, allow_pickle=True)
    assert mark.exists()


def test_a_type_in_a_parquet_file_is_not_unpickled(mark: Path, tmp_path: Path, lessons: Any) -> None:
    import pyarrow.parquet

    file = planting.extension(mark, tmp_path / "rows.parquet")
    assert Files(path=file, target="label").load().inputs.shape == (8, 1)
    with pytest.raises(kdorch.DataError):
        Predictions(path=file).fit(lessons)
    assert not mark.exists()
    facts = pyarrow.parquet.read_metadata(file).schema.to_arrow_schema().field("number").metadata
    pickle.loads(facts[b"ARROW:extension:metadata"])
    assert mark.exists()


def test_a_pipe_that_is_named_a_table_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "rows.csv")
    assert "a pipe or a device" in Files(path=tmp_path / "rows.csv", target="a").complaints()["path"]


def test_a_program_that_is_named_an_image_is_not_executed(
    mark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import EpsImagePlugin, Image

    ghostscript = tmp_path / "bin" / "gs"
    ghostscript.parent.mkdir()
    ghostscript.write_text(f"#!/bin/sh\ntouch '{mark}'\n")
    ghostscript.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ghostscript.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None)
    for kind in ("cat", "dog"):
        file = tmp_path / "images" / kind / "photo.png"
        file.parent.mkdir(parents=True)
        file.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n%%EOF\n")
    with pytest.raises(kdorch.DataError, match=r"photo\.png is not an image that can be read"):
        Files(path=tmp_path / "images").load()
    assert not mark.exists()
    with pytest.raises(OSError, match="cannot identify"), Image.open(file) as image:
        image.load()
    assert mark.exists()
