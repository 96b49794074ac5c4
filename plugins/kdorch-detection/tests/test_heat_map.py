"""The loss between two detectors."""

from __future__ import annotations

import math

import pytest
import torch
from kdorch_detection.heat_map import HeatMap
from kdorch_detection.task import Detection

import kdorch


def outputs(rows: int = 3) -> tuple[kdorch.Output, kdorch.Output, kdorch.Batch]:
    random = torch.Generator().manual_seed(0)
    student, teacher = (kdorch.Output(torch.randn(rows, 6, 4, 5, generator=random)) for _ in range(2))
    return student, teacher, kdorch.Batch(torch.zeros(rows, 1), torch.zeros(rows, 1, 5), torch.arange(rows))


def test_heat_is_compared_where_it_differs() -> None:
    """By hand, at one position and class of which the teacher is sure and the student is not."""
    logits = torch.full((1, 6, 1, 1), -50.0)
    told = logits.clone()
    told[0, 1] = 50.0
    said = logits.clone()
    said[0, 1] = -1.0
    batch = kdorch.Batch(torch.zeros(1, 1), torch.zeros(1, 1, 5), torch.arange(1))
    found = HeatMap(boxes=0)(kdorch.Output(said), kdorch.Output(told), batch)
    q = 1 / (1 + math.e)
    assert found == pytest.approx((1 - q) ** 2 * -math.log(q), rel=1e-5)


def test_boxes_of_the_lukewarm_rest_of_an_image_count_little() -> None:
    told = torch.full((1, 6, 24, 24), -4.0)
    told[0, 0, 3, 3] = 6.0
    centre, rest = told.clone(), told.clone()
    rest[0, 2:] += 1.0
    rest[0, 2:, 3, 3] -= 1.0
    centre[0, 2:, 3, 3] += 1.0
    _, _, batch = outputs(1)
    there, elsewhere = (
        HeatMap()(kdorch.Output(said), kdorch.Output(told), batch).item() for said in (centre, rest)
    )
    assert there + elsewhere == pytest.approx(1, rel=1e-3)
    assert there > 0.8


def test_boxes_count_where_the_teacher_sees_something() -> None:
    student, teacher, batch = outputs(1)
    teacher.logits[:, :2] = -50.0
    teacher.logits[0, 1, 2, 3] = 50.0
    student.logits[:, :2] = teacher.logits[:, :2]
    apart = (student.logits - teacher.logits)[0, 2:, 2, 3].abs().mean()
    assert HeatMap(boxes=2.0)(student, teacher, batch) == pytest.approx(2 * apart.item(), rel=1e-5)


def test_maps_of_another_size_are_refused(task: Detection) -> None:
    student, teacher, _ = outputs()
    teacher.logits = teacher.logits[:, :, :2]
    with pytest.raises(ValueError, match=r"\(6, 4, 5\), the teacher's \(6, 2, 5\)"):
        HeatMap().build(task, student, teacher)
