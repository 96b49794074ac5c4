"""Every hook is on the page of plugins, with an example that offers something through it, and that works."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

import kdorch
from kdorch import hookspecs
from kdorch.discovery import Origin, Plugins
from kdorch.hookspecs import HOOKS
from kdorch.testing import examine

PAGE = Path(__file__).parents[2] / "docs" / "plugins.md"


@pytest.fixture(scope="module")
def offered(tmp_path_factory) -> Iterator[dict[str, Any]]:
    """What the examples, taken as one plugin, register: by kind, through the hooks as when it is installed."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "examples.py").write_text("\n".join(examples().values()))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        plugins = Plugins()
        plugins.add(import_module("examples"), Origin("examples", "1.0", "examples"))
        yield {entry.kind: entry.spec for entry in plugins}
        del sys.modules["examples"]


def examples() -> dict[str, str]:
    """Return the example of each kind, in the order of the page."""
    sections = re.findall(r"^### (register_\w+)\n(.*?)(?=^##|\Z)", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    kinds = {hook: kind for kind, hook in HOOKS.items()}
    return {kinds[hook]: "".join(re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
            for hook, text in sections}  # fmt: skip


@pytest.mark.parametrize("kind", HOOKS)
def test_every_hook_is_documented_with_an_example_that_registers(kind, offered):
    assert offered[kind].kind == kind
    assert HOOKS[kind] in examples()[kind]


def test_every_hook_has_a_kind():
    assert {name for name in vars(hookspecs) if name.startswith("register_")} == set(HOOKS.values())


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["dataset", "teacher", "student", "loss"])
def test_the_examples_keep_their_contracts(kind, offered):
    failed = [finding for finding in examine(offered[kind]()) if finding.outcome == "failed"]
    assert not failed


def test_the_teacher_learns_from_labels_alone(offered):
    known = torch.tensor([True, True, False])
    rows = kdorch.Batch(torch.tensor([[0.0], [4.0], [9.0]]), torch.tensor([0, 1, 0]), torch.arange(3), known)
    lessons = SimpleNamespace(train=rows, task=kdorch.Classification(labels=["a", "b"]))
    assert offered["teacher"]().fit(lessons)["means"].tolist() == [[0.0], [4.0]]


def test_the_measure_counts(offered):
    network = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1))
    measure, task = offered["measure"](), offered["task"](input_shape=(4,))
    measured = measure(kdorch.Subject(network, task, torch.zeros(2, 4)))
    assert measured == {"cost/layers": 2}
    assert measured.keys() == measure.produces(type(task)).keys()


def test_the_task_is_least_where_the_rate_is_right(offered):
    task, counts = offered["task"](input_shape=(4,)), torch.tensor([1.0, 3.0, 0.0])
    right = counts.clamp(min=1e-6).log().unsqueeze(1)
    assert task.score("deviance", right, counts) == pytest.approx(0, abs=1e-5)
    assert task.score("deviance", right + 1, counts) > 1
    assert task.loss(right, counts) < task.loss(right + 0.5, counts)
    assert task.fidelity(right + 1, right) == {"distance": pytest.approx(1)}
    assert task.likeness.keys() == {"distance"}
