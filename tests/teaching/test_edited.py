"""A plugin that is edited makes other data and another teacher, while its version stays the same."""

from __future__ import annotations

import importlib
import sys

import pytest

from kdorch.discovery import Origin, discover, installed
from kdorch.teaching import jobs

PLUGIN = """
import kdorch
from kdorch.builtin.datasets import Digits
from kdorch.builtin.preprocessing import Scale
from kdorch.builtin.teachers import Trained


class Edited(Digits, name="edited"):
    def preprocess(self, inputs):
        return Scale(divisor=16.0)


class Patient(Trained, name="patient"):
    pass


@kdorch.hookimpl
def register_datasets(register):
    register(Edited)


@kdorch.hookimpl
def register_teachers(register):
    register(Patient)
"""


@pytest.fixture
def offer(tmp_path, monkeypatch):
    """Return a function that writes the plugin and loads it as a new process would."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(source):
        (tmp_path / "edited_plugin.py").write_text(source)
        sys.modules.pop("edited_plugin", None)
        importlib.invalidate_caches()
        monkeypatch.setattr(sys, "dont_write_bytecode", True)  # two edits within a second look alike to it
        discover.cache_clear()
        installed().add(importlib.import_module("edited_plugin"), Origin("edited", "1.0", "here"))

    yield write
    discover.cache_clear()
    sys.modules.pop("edited_plugin", None)


def prepare(store):
    split = {"validation": 0.2, "test": 0.2, "seed": 0}
    return jobs.data({"store": str(store), "data": {"use": "edited"}, "split": split}, print)


def teach(store, data):
    part = {"use": "patient", "network": {"use": "mlp", "width": 4}, "epochs": 1, "batch": 512}
    facts = {
        "seed": 0,
        "score": ["accuracy", "max"],
        "budget": 2**30,
        "metrics": [],
        "data": data["path"],
    }
    return jobs.teacher(facts | {"store": str(store), "teacher": part}, print)


def test_an_edited_plugin_is_not_found_in_the_store(offer, tmp_path):
    store = tmp_path / "store"
    offer(PLUGIN)
    data = prepare(store)
    teacher = teach(store, data)
    offer(PLUGIN)
    assert (prepare(store)["made"], teach(store, data)["made"]) == (False, False)
    offer(PLUGIN.replace("16.0", "8.0"))
    edited = prepare(store)
    assert edited["made"]
    assert edited["digest"] != data["digest"]
    assert teach(store, data)["digest"] != teacher["digest"]
