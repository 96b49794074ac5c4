"""TorchScript and exported programs from elsewhere."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch import nn

import kdorch
from kdorch.builtin.teachers import Exported


@pytest.fixture
def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3)).eval()


@pytest.fixture
def file(network, tmp_path):
    def write(suffix):
        path = tmp_path / f"teacher{suffix}"
        with warnings.catch_warnings(action="ignore"):
            if suffix == ".pt2":
                rows = {"input": {0: torch.export.Dim("rows")}}
                torch.export.save(
                    torch.export.export(network, (torch.zeros(3, 4),), dynamic_shapes=rows), path
                )
            else:
                torch.jit.script(network).save(path)
        return path

    return write


@pytest.mark.parametrize("suffix", [".pt", ".pt2"])
def test_a_file_answers_as_its_network_did_even_when_it_is_gone(suffix, file, network, room):
    lessons, path = room(), file(suffix)
    teacher = Exported(path=path, trust=True)
    assert not teacher.complaints()
    state = teacher.fit(lessons)
    path.unlink()
    with torch.no_grad():
        for inputs in ("prepared", "raw"):
            said = Exported(path=path, trust=True, inputs=inputs).build(lessons.task, state)(lessons.train)
            given = lessons.train.raw if inputs == "raw" else lessons.train.inputs
            torch.testing.assert_close(said.logits, network(given))
    assert teacher.parameters(lessons.task, state) == 4 * 5 + 5 + 5 * 3 + 3
    assert Exported(path=path, inputs="raw").raw
    assert not teacher.raw


def test_without_trust_it_is_refused_with_the_reason(file, room):
    teacher = Exported(path=file(".pt"))
    told = "loading teacher.pt can run whatever code its maker put into it. .*trust: true"
    with pytest.raises(kdorch.DataError, match=f"teacher.trust: {told}"):
        teacher.fit(room())
    assert teacher.complaints().keys() == {"trust"}
    assert Exported(path=teacher.path.with_name("none.pt")).complaints().keys() == {"path", "trust"}


def test_what_is_no_model_and_what_does_not_fit_is_explained(file, room, tmp_path):
    for suffix, kind in ((".pt", "TorchScript"), (".pt2", "torch.export")):
        path = tmp_path / f"text{suffix}"
        path.write_text("hello")
        with pytest.raises(kdorch.DataError, match=f"cannot be loaded as {kind}"):
            Exported(path=path, trust=True).build(room().task, Exported(path=path, trust=True).fit(room()))
    lessons, teacher = room(), Exported(path=file(".pt"), trust=True)
    answer = teacher.build(lessons.task, teacher.fit(lessons))
    with pytest.raises(kdorch.DataError, match=r"fails on inputs of shape \(2, 9\)"):
        answer(kdorch.Batch(torch.zeros(2, 9), torch.zeros(2), torch.arange(2)))
    with pytest.raises(kdorch.DataError, match=r"shape \(30, 3\); the task needs \(30, 2\)"):
        teacher.build(room("multilabel").task, teacher.fit(lessons))(lessons.train)
