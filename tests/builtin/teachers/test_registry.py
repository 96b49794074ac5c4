"""Models of a registry as teachers: promoted ones by their digest, others with trust."""

from __future__ import annotations

import gc
import shutil
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from pydantic import ValidationError

import kdorch
from kdorch.builtin.datasets import Digits
from kdorch.builtin.teachers import Registry
from kdorch.teaching import jobs
from kdorch.testing import TeacherContract, run


@pytest.mark.parametrize("uri", ["digits@champion", "models:/digits", "models:/digits/one", "runs:/1/model"])
def test_an_address_names_a_version_or_an_alias(uri):
    with pytest.raises(ValidationError, match="models:/NAME@ALIAS or models:/NAME/VERSION"):
        Registry(uri=uri)


def test_what_a_registry_refuses_is_told_without_its_password():
    from kdorch.builtin.teachers.models import _explained

    address = "postgresql://me:secret@host/models"
    told = "models:/digits@champion cannot be fetched: ConnectionError: nobody answers at the registry"
    with pytest.raises(kdorch.DataError, match=told), _explained("models:/digits@champion", address):
        raise ConnectionError(f"nobody answers at {address}")


@pytest.fixture
def promoted(finished, tmp_path):
    """A student that was promoted, the address of its registry, and what the store needs to make it a teacher."""
    from kdorch.tracking.database import local_uri

    results = kdorch.Results("tiny", shutil.copytree(finished.home, tmp_path / "home"))
    kdorch.promote(results, model="assistant", alias="champion")
    shared = {"store": str(tmp_path / "home" / "store"), "tracking": local_uri(results.home.path)}
    facts = {"seed": 0, "score": ["accuracy", "max"], "budget": 2**30, "metrics": [], "features": False}
    data = results.home.store / "data" / results.record["data"]["digest"]
    spec = shared | facts | {"data": str(data), "dataset": {"use": "digits"}}
    return results, spec


def ready(spec, **fields):
    return jobs.teacher(spec | {"teacher": {"use": "registry"} | fields}, print)


@pytest.fixture
def no_collection():
    """Python looks for garbage when it likes to: not now, then."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The ``noload`` loader")
@pytest.mark.usefixtures("no_collection")
def test_what_is_fetched_with_leaves_no_thread(promoted, tmp_path):
    from kdorch.builtin.teachers.models import fetch

    _, spec = promoted
    before = set(threading.enumerate())
    fetch("models:/assistant@champion", spec["tracking"], str(tmp_path))
    for thread in set(threading.enumerate()) - before:
        thread.join(10)  # one that ends may need a moment; one that waits for work never does
        assert not thread.is_alive()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The ``noload`` loader")
def test_a_promoted_student_teaches_what_it_knows_under_any_name(promoted):
    results, spec = promoted
    first = ready(spec, uri="models:/assistant@champion")
    chosen = results.confirmed_of(int(results.choose()["trial"]))
    taught = first["facts"]["validation"]["accuracy"]
    assert any(taught == pytest.approx(reached, abs=1e-6) for reached in chosen["val/accuracy"])
    assert first["facts"]["notes"] == ["models:/assistant/1"]
    assert first["facts"]["params"] in chosen["size/params"].to_numpy()
    assert not ready(spec, uri="models:/assistant/1")["made"]

    class Promoted(TeacherContract):
        teacher = Registry(uri="models:/assistant@champion")
        dataset = Digits()
        tracking_uri = spec["tracking"]

    assert not [finding for finding in run(Promoted) if finding.outcome == "failed"]

    kdorch.promote(results, model="assistant", alias="champion", force="to have a second version")
    moved = ready(spec, uri="models:/assistant@champion")
    assert moved["digest"] != first["digest"]
    assert moved["facts"]["notes"] == ["models:/assistant/2"]
    with pytest.raises(kdorch.DataError, match=r"models:/assistant@nobody cannot be fetched: .*nobody"):
        ready(spec, uri="models:/assistant@nobody")

    program = _program(spec, "2")
    program.write_bytes(program.read_bytes() + b"0")
    shutil.rmtree(Path(moved["path"]))
    with pytest.raises(
        kdorch.DataError, match="models:/assistant/2 is not what was promoted: its digest differs"
    ):
        ready(spec, uri="models:/assistant/2")


def _program(spec, version):
    from mlflow import MlflowClient

    source = MlflowClient(spec["tracking"]).get_model_version_download_uri("assistant", version)
    return Path(urlsplit(source).path, "data", "model.pt2")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of MLflow, about its own insides
def test_a_model_of_anybody_needs_trust(home, tmp_path, monkeypatch):
    import mlflow.pyfunc
    from mlflow import MlflowClient

    from kdorch.tracking.database import local_uri

    mark = str(tmp_path / "mark")

    class Uniform(mlflow.pyfunc.PythonModel):
        def load_context(self, context):
            Path(mark).touch()

        def predict(self, context, model_input, params=None):
            return np.full((len(model_input), 10), 0.1)

    mlflow.pyfunc.save_model(tmp_path / "model", python_model=Uniform(), pip_requirements=[])
    client = MlflowClient(local_uri(home))
    client.create_registered_model("fraud")
    client.create_model_version("fraud", (tmp_path / "model").as_uri())
    (data,) = (home / "store" / "data").glob("*/manifest.json")
    spec = {"store": str(home / "store"), "tracking": local_uri(home), "data": str(data.parent)}
    spec |= {"seed": 0, "score": ["accuracy", "max"], "budget": 2**30, "metrics": [], "features": False}
    spec |= {"dataset": {"use": "digits"}}
    Path(mark).unlink(missing_ok=True)  # saving it does what loading does
    with pytest.raises(kdorch.DataError, match=r"models:/fraud/1 was not promoted .* write trust: true"):
        ready(spec, uri="models:/fraud/1")
    assert not Path(mark).exists()
    entry = ready(spec, uri="models:/fraud/1", trust=True, answers="probabilities")
    logits = np.load(Path(entry["path"]) / "train" / "logits.npy")
    np.testing.assert_allclose(logits, np.log(0.1), rtol=1e-5)
    assert entry["facts"]["params"] == 0
    assert Path(mark).exists()
    assert "kdorch" in sys.modules
