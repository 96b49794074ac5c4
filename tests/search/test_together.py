"""Nothing is trained of a study whose parts do not fit each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import kdorch
from kdorch.search.together import _variants

Tree = Callable[..., dict[str, Any]]
MAPS = {"use": "hint", "layers": {"late": "late"}}


def test_each_option_is_tried_at_both_ends_of_what_is_tuned_in_it(tree: Tree) -> None:
    study = kdorch.Study(
        **tree(
            student={"any": [{"use": "mlp"}, {"use": "cnn"}]},
            losses={
                "task": {"use": "task"},
                "kd": {"any": {"soft": {"use": "hinton"}, "l2": {"use": "logit_mse", "weight": 0.5}}},
            },
            tune={
                "student.mlp.width": {"low": 4, "high": 24},
                "student.mlp.depth": [1, 2, 3],
                "losses.kd.soft.weight": {"low": 0, "high": 1},
                "train.lr": {"low": 1e-3, "high": 1e-2},
            },
        )
    )
    first = {"student": "mlp", "losses.kd": "soft"}
    assert [variant[1:] for variant in _variants(study, first)] == [
        (
            "student.any.mlp",
            {"use": "mlp", "width": width, "depth": depth},
            {"student.mlp.width": width, "student.mlp.depth": depth},
        )
        for width, depth in ((4, 1), (24, 3))
    ] + [
        ("student.any.cnn", {"use": "cnn", "width": 8}, {}),
        ("losses.task", {"use": "task", "weight": 1.0}, {}),
        *(
            (
                "losses.kd.any.soft",
                {"use": "hinton", "weight": weight, "temperature": 4.0},
                {"losses.kd.soft.weight": weight},
            )
            for weight in (0, 1)
        ),
        ("losses.kd.any.l2", {"use": "logit_mse", "weight": 0.5}, {}),
    ]


@pytest.mark.slow
def test_what_the_teacher_s_features_show_is_told_before_any_trial(tree: Tree, home: Path) -> None:
    """A student that shows maps beside a teacher that shows vectors: both offer features, as far as is declared."""
    study = kdorch.Study(
        **tree(
            student={"any": [{"use": "mlp"}, {"use": "cnn"}]},
            tune={"student.mlp.width": {"low": 4, "high": 24}},
            losses={
                "task": {"use": "task"},
                "hint": {"any": [MAPS, {"use": "rkd", "layers": {"late": "latest"}}]},
                "cwd": {"use": "cwd", "layers": {"late": "late"}},
            },
        )
    )
    kdorch.check(study)
    with pytest.raises(kdorch.StudyError) as caught:
        kdorch.run(study, home=home)
    found = {problem.where for problem in caught.value.problems}
    assert found == {
        "losses.hint.any.hint.layers.late",
        "losses.hint.any.rkd.layers",
        "losses.cwd.layers.late",
    }
    assert kdorch.Results("tiny", home).searched.trials() == []


@pytest.mark.slow
def test_no_student_that_can_be_built_is_one_error_and_no_trial(
    tree: Tree, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken_net.py").write_text("from torch import nn\n\n\nclass Net(nn.Linear):\n    pass\n")
    study = kdorch.Study(**tree(student={"use": "module", "target": "broken_net:Net"}, tune={}))
    with pytest.raises(
        kdorch.StudyError, match=r"\n  student: student 'module' \(broken_net:Net\) cannot be built"
    ) as caught:
        kdorch.run(study, home=home, folders=[tmp_path])
    assert len(caught.value.problems) == 1
    assert kdorch.Results("tiny", home).searched.trials() == []
