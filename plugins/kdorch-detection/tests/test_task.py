"""The task: what it wants, how it scores, and which boxes it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from kdorch_detection.maps import losses, wanted
from kdorch_detection.task import Detection
from torch import Tensor


def test_heat_is_1_at_the_centre_of_a_box_and_falls_around_it(boxes: Tensor) -> None:
    heat = wanted(boxes, 2, 8, 12).heat
    assert heat.shape == (2, 2, 8, 12)
    assert heat[0, 0, 1, 1] == 1  # the centre (6, 5) is in column 1, row 1
    assert heat[0, 1, 4, 7] == 1  # (30.5, 19.5)
    assert (heat == 1).sum() == 3
    assert 0 < heat[0, 1, 4, 8] < 1
    assert heat[1, 0].max() == 0  # the class that the second row has none of


def test_a_wide_box_is_warm_further_to_its_sides() -> None:
    heat = wanted(torch.tensor([[[0.0, 12.0, 48.0, 20.0, 0.0]]]), 1, 8, 12).heat[0, 0]
    assert heat[4, 7] > heat[5, 6]


def test_a_network_that_knows_the_boxes_loses_nothing(
    task: Detection, boxes: Tensor, perfect: Tensor
) -> None:
    assert task.loss(perfect, boxes) < 0.01
    assert task.loss(perfect + 0.3, boxes) > task.loss(perfect, boxes)
    assert task.loss(torch.zeros_like(perfect), boxes) > 1


def test_each_row_counts_by_its_weight(task: Detection, boxes: Tensor) -> None:
    logits = torch.randn(2, 6, 8, 12, generator=torch.Generator().manual_seed(0))
    each = losses(logits, boxes, 2)
    weighted = task.loss(logits, boxes, torch.tensor([1.0, 3.0]))
    assert weighted == pytest.approx(((each[0] + 3 * each[1]) / 4).item())
    assert task.loss(logits, boxes) == pytest.approx(each.mean().item())


def test_padding_teaches_nothing(task: Detection, boxes: Tensor) -> None:
    logits = torch.randn(2, 6, 8, 12, generator=torch.Generator().manual_seed(0))
    longer = torch.cat([boxes, torch.full((2, 3, 5), -1.0)], dim=1)
    assert task.loss(logits, longer) == pytest.approx(task.loss(logits, boxes).item())


def test_a_row_without_boxes_has_a_loss_and_a_gradient(task: Detection) -> None:
    logits = torch.zeros(1, 6, 8, 12, requires_grad=True)
    task.loss(logits, torch.full((1, 2, 5), -1.0)).backward()
    assert logits.grad is not None
    assert (logits.grad[:, :2] > 0).all()
    assert not logits.grad[:, 2:].any()


def test_the_decoder_undoes_what_the_loss_wants(task: Detection, boxes: Tensor, perfect: Tensor) -> None:
    found = task.decoder()(perfect)
    assert found.shape == (2, 5, 6)
    for row, expected in zip(found, boxes, strict=True):
        there = expected[expected[:, 4] >= 0]
        sure = row[row[:, 4] > 0.9]
        sure = sure[sure[:, 5].argsort()]
        assert torch.allclose(sure[:, :4], there[:, :4], atol=1e-3)
        assert torch.equal(sure[:, 5], there[:, 4])


def test_of_neighbours_only_the_peak_is_a_box(task: Detection) -> None:
    logits = torch.full((1, 6, 8, 12), -9.0)
    logits[0, 0, 2, 2:5] = torch.tensor([1.0, 2.0, 1.5])
    logits[0, 0, 6, 9] = 1.0
    found = task.decoder()(logits)[0]
    assert (found[:, 4] > 0.5).sum() == 2
    assert found[0, 4] == pytest.approx(torch.tensor(2.0).sigmoid().item())


def test_boxes_stay_in_the_image_whatever_the_network_says(task: Detection) -> None:
    found = task.decoder()(100 * torch.randn(3, 6, 8, 12, generator=torch.Generator().manual_seed(0)))
    assert torch.isfinite(found).all()
    assert (found[..., :4] >= 0).all()
    assert (found[..., [0, 2]] <= 48).all()
    assert (found[..., [1, 3]] <= 32).all()


def test_average_precision_is_1_for_the_boxes_themselves(
    task: Detection, boxes: Tensor, perfect: Tensor
) -> None:
    assert task.score("ap50", perfect, boxes) == pytest.approx(1)
    assert task.score("ap", perfect, boxes) == pytest.approx(1)


def test_average_precision_asks_for_place_size_and_class(
    task: Detection, boxes: Tensor, perfect: Tensor
) -> None:
    small = perfect.clone()
    small[:, 4:] -= 0.25  # sides of 78 %: an overlap of .61
    assert task.score("ap50", small, boxes) == pytest.approx(1)
    assert 0.2 < task.score("ap", small, boxes) < 0.4  # the thresholds .5, .55 and .6 of ten
    swapped = perfect[:, [1, 0, 2, 3, 4, 5]]
    assert task.score("ap50", swapped, boxes) == 0
    assert task.score("ap50", torch.full_like(perfect, -200.0), boxes) == 0


def test_half_of_the_boxes_is_half_the_average_precision(
    task: Detection, boxes: Tensor, perfect: Tensor
) -> None:
    perfect[0, 1, 4, 7] = -13.0  # of two boxes of class dog, one is missed; the cat is found
    perfect[0, 1, 3:6, 6:9] = -13.0
    assert task.score("ap50", perfect, boxes) == pytest.approx((1 + 0.5) / 2, abs=0.01)


def test_fidelity_is_in_heat_and_in_pixels(task: Detection, perfect: Tensor) -> None:
    assert task.fidelity(perfect, perfect) == {"heat_mae": 0, "box_mae": 0}
    moved = perfect.clone()
    moved[:, 2:4] += 0.5  # half a position, so 2 pixels
    assert task.fidelity(moved, perfect) == pytest.approx({"heat_mae": 0, "box_mae": 2})
    hot = perfect.clone()
    hot[:, :2] = 200.0
    assert task.fidelity(hot, perfect)["heat_mae"] > 0.5
    wild = perfect.clone()
    wild[:, -2:] = 1000.0  # sizes that a network says where no box ever was
    assert 0 < task.fidelity(wild, perfect)["box_mae"] < 1000


@pytest.mark.parametrize(
    ("box", "told"),
    [
        ([40, 2, 49, 22, 1], r"row 1: box 0 \(x 40 to 49, y 2 to 22, class 1\) reaches outside .* 32 x 48"),
        ([-2, 2, 40, 22, 1], "reaches outside"),
        ([30, 2, 30, 22, 1], "is empty"),
        ([30, 22, 40, 2, 1], "is empty"),
        ([30, 2, 40, 22, 2], "has a class that is none of 0 to 1"),
        ([30, 2, 40, 22, 0.5], "has a class that is none"),
        ([30, 2, np.nan, 22, 0], "is not finite"),
    ],
)
def test_a_box_that_cannot_be_is_named_by_its_row(
    task: Detection, boxes: Tensor, box: list[float], told: str
) -> None:
    import re

    targets = boxes.numpy()
    assert not task.complaint(targets)
    targets[1, 0] = box
    assert re.search(told, task.complaint(targets))


def test_other_targets_than_boxes_are_refused(task: Detection) -> None:
    assert "not (rows, boxes, 5)" in task.complaint(np.zeros((3, 4)))


def test_its_labels_are_places_so_no_view_may_move_them() -> None:
    assert Detection.located
