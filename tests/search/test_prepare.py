"""What may change between two runs of one study, and what may not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from numpy import ones, zeros
from safetensors.numpy import save

from kdorch import errors
from kdorch.search import prepare
from kdorch.search.phases import flat
from kdorch.study import Study

Tree = Callable[..., dict[str, Any]]
BEGUN = (
    "study 'tiny' was begun with other {}, and its trials cannot be compared with new ones. "
    "Put these back{}, or give the study a new name:"
)


def refusal(tree: Tree, **now: Any) -> str:
    with pytest.raises(errors.StudyError) as caught:
        prepare.same(Study(**tree(**now)), Study(**tree()).tree())
    return str(caught.value)


@pytest.mark.parametrize(
    "free",
    [
        {},
        {"search": {"trials": 99, "sampler": "tpe"}},
        {"confirm": {"top": 5, "seeds": 3, "baseline": "none"}},
    ],
)
def test_search_and_confirmation_may_change(free: dict[str, Any], tree: Tree) -> None:
    prepare.same(Study(**tree(**free)), Study(**tree()).tree())


def test_a_refusal_says_which_keys_changed_and_what_to_do(tree: Tree) -> None:
    told = refusal(
        tree,
        train={"epochs": 7, "batch": 64, "lr": 0.01},
        teacher={"use": "trained", "network": {"use": "mlp", "width": 49, "depth": 1}, "epochs": 3},
        limits={"size/params": 900},
    )
    assert told.splitlines() == [
        BEGUN.format("settings", ", in its file or with --set"),
        "  limits.size/params: was not there, is now 900.0.",
        "  teacher.network.width: was 48, is now 49.",
        "  train.epochs: was 1, is now 7.",
    ]


def test_what_is_gone_is_named_too(tree: Tree) -> None:
    assert "tune.train.lr: was {'low': 0.005, 'high': 0.03, 'log': True}, is no longer there." in refusal(
        tree, tune={"student.width": {"low": 4, "high": 24}, "losses.kd.temperature": "auto"}
    )


def test_a_schedule_is_compared_and_logged_field_by_field(tree: Tree) -> None:
    def weighed(**weight: Any) -> Study:
        losses = tree()["losses"] | {"kd": {"use": "hinton", "weight": {"from": 0, "epochs": 1} | weight}}
        return Study(**tree(losses=losses))

    before = weighed(to=0.9).tree()
    prepare.same(weighed(to=0.9, shape="linear"), before)
    with pytest.raises(errors.StudyError) as caught:
        prepare.same(weighed(to=0.8), before)
    assert str(caught.value).splitlines()[1:] == ["  losses.kd.weight.to: was 0.9, is now 0.8."]
    params = flat({"losses": before["losses"]})
    assert {path: value for path, value in params.items() if path.startswith("losses.kd.weight")} == {
        "losses.kd.weight.from": 0.0,
        "losses.kd.weight.to": 0.9,
        "losses.kd.weight.epochs": 1,
        "losses.kd.weight.shape": "linear",
    }


def test_the_order_of_objectives_matters(tree: Tree) -> None:
    before = Study(**tree(objectives={"val/accuracy": "max", "val/f1": "max"})).tree()
    now = Study(**tree(objectives={"val/f1": "max", "val/accuracy": "max"}))
    with pytest.raises(errors.StudyError, match="objectives: their order was val/accuracy, val/f1"):
        prepare.same(now, before)


def test_a_file_may_be_moved_but_not_changed(
    tree: Tree, write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher = {"use": "checkpoint", "network": {"use": "mlp"}, "weights": "best.safetensors"}
    projects = [tmp_path / "here", tmp_path / "there"]
    studies = []
    for project in projects:
        project.mkdir()
        (project / "best.safetensors").write_bytes(save({"weight": zeros(1)}))
        file = write(f"{project.name}/study.yaml", teacher=teacher)
        studies.append(Study.load(file))
    monkeypatch.chdir(projects[1])
    studies.append(Study.load("study.yaml"))
    assert studies[2].tree() == studies[1].tree() != studies[0].tree()
    before = studies[0].tree(), prepare.sources(studies[0])
    for study in studies:
        prepare.same(study, before[0])
        prepare.same_sources(study, before[1])
    (projects[1] / "best.safetensors").write_bytes(save({"weight": ones(1)}))
    prepare.same_sources(studies[0], before[1])
    with pytest.raises(errors.StudyError, match="teacher: the code, file or version behind it has changed"):
        prepare.same_sources(studies[1], before[1])


@pytest.mark.parametrize(("what", "told"), [("data", "dataset 'digits'"), ("teacher", "teacher 'trained'")])
def test_other_rows_and_another_teacher_are_refused(what: str, told: str, tree: Tree) -> None:
    study = Study(**tree())
    prepare.unchanged(study, {what: {"digest": "abc"}}, what, "abc")
    with pytest.raises(errors.DataError, match=f"The {told}, or the version .* since study 'tiny' began"):
        prepare.unchanged(study, {what: {"digest": "abc"}}, what, "xyz")


def test_weights_for_as_many_classes_as_there_are(tree: Tree) -> None:
    """How many classes there are is only known once the rows are read; no trial is begun for naught."""
    losses = {"task": {"use": "task", "class_weights": [1, 2, 3]}, "kd": {"use": "hinton"}}
    study = Study(**tree(losses=losses))
    prepare.fits(study, {"use": "classification", "labels": ["a", "b", "c"]})
    prepare.fits(Study(**tree()), {"use": "classification", "labels": ["a", "b"]})
    with pytest.raises(errors.StudyError) as caught:
        prepare.fits(study, {"use": "classification", "labels": ["a", "b"]})
    assert str(caught.value).splitlines()[1:] == [
        "  losses.task.class_weights: 3 weights for 2 classes. Write one for each, or balanced."
    ]


def test_workers_share_a_quarter_of_the_memory() -> None:
    everything = prepare.memory()
    assert prepare.budget(1) == everything // 4
    assert prepare.budget(4) == everything // 16


def test_a_network_whose_code_has_changed_is_not_gone_on_with(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    code = tmp_path / "own_net.py"
    code.write_text("Net = None\n")
    study = Study(**tree(student={"use": "module", "target": "own_net:Net"}, tune={}))
    before = prepare.sources(study)
    assert list(before) == ["data", "teacher", "student", "losses.task", "losses.kd"]
    prepare.same_sources(study, before)
    code.write_text("Net = 1\n")
    with pytest.raises(errors.StudyError) as caught:
        prepare.same_sources(study, before)
    assert str(caught.value).splitlines() == [
        BEGUN.format("code or files", ""),
        "  student: the code, file or version behind it has changed.",
    ]
