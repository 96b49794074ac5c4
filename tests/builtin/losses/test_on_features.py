"""Losses on features against reference values, in float64, and how they make shapes comparable."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, mse_loss

import kdorch
from kdorch.builtin.losses import Attention, Cwd, Hint, Nst, Pkd, Pkt, Rkd, Similarity, Vid
from kdorch.builtin.losses.features import FeatureLoss
from kdorch.training.building import seed

TASK = kdorch.Classification(labels=tuple("abcdefghij"))
ALL: list[type[FeatureLoss]] = [Attention, Cwd, Hint, Nst, Pkd, Pkt, Rkd, Similarity, Vid]
PROJECTED: list[type[FeatureLoss]] = [Cwd, Hint, Pkd, Vid]
PLACED: list[type[FeatureLoss]] = [Attention, Cwd, Nst]  # for what has positions
ANYHOW: list[type[FeatureLoss]] = [Pkt, Rkd, Similarity]  # whatever the shapes
LATE = {"late": "late"}


def named(losses: list[type[FeatureLoss]]) -> Any:
    return pytest.mark.parametrize("loss", losses, ids=lambda loss: loss.name)


def output(feature: Tensor | None = None, **features: Tensor) -> kdorch.Output:
    found = features if feature is None else {"late": feature}
    rows = len(next(iter(found.values()))) if found else 2
    return kdorch.Output(torch.zeros(rows, 10), found)


def term(loss: kdorch.Loss, student: Tensor, teacher: Tensor) -> Any:
    return loss.build(TASK, output(student[:2]), output(teacher[:2]))


def value(loss: kdorch.Loss, student: Tensor, teacher: Tensor) -> float:
    batch = kdorch.Batch(student, student, student)
    found: Tensor = term(loss, student, teacher)(output(student), output(teacher), batch)
    assert found.shape == ()
    return found.item()


def fixture() -> dict[str, Tensor]:
    random = np.random.RandomState(0)
    random.randn(8, 10), random.randn(8, 10), random.randint(0, 10, size=8)
    shapes = {"fs": (8, 16, 4, 4), "ft": (8, 16, 4, 4), "es": (8, 32), "et": (8, 48)}
    return {name: torch.tensor(random.randn(*shape)) for name, shape in shapes.items()}


# ---------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("loss", "pair", "expected", "within"),
    [
        (Hint(layers=LATE), "f", 1.9457566, 1e-6),
        (Attention(layers=LATE), "f", 0.0108400515, 1e-6),
        (Similarity(layers=LATE), "f", 0.0041297116, 1e-6),
        (Rkd(layers=LATE), "e", 0.638344044, 1e-6),
        (Rkd(layers=LATE, angle=0), "e", 0.211627303, 1e-6),
        (Rkd(layers=LATE, distance=0), "e", 0.426716741, 1e-6),
        (Pkt(layers=LATE), "e", 0.00225218827, 1e-6),
        (Nst(layers=LATE), "f", 0.110252479, 1e-6),
        (Vid(layers=LATE), "f", 0.999294616, 1e-6),
        (Cwd(layers=LATE), "f", 0.845844424, 1e-6),
        (Cwd(layers=LATE, temperature=4.0), "f", 0.906552252, 1e-6),
        (Pkd(layers=LATE), "f", 0.971330179, 1e-6),
    ],
    ids=lambda given: given.name if isinstance(given, kdorch.Loss) else "",
)
def test_reference_values_of_features(loss: kdorch.Loss, pair: str, expected: float, within: float) -> None:
    given = fixture()
    assert value(loss, given[f"{pair}s"], given[f"{pair}t"]) == pytest.approx(expected, rel=within)


@named(ALL)
def test_pairs_of_layers_are_added_up(loss: type[FeatureLoss]) -> None:
    given = fixture()
    ones, others = output(a=given["fs"], b=given["ft"]), output(a=given["ft"], c=2 * given["fs"])
    both = loss(layers={"a": "a", "b": "c"}).build(TASK, ones, others)
    batch = kdorch.Batch(given["es"], given["es"], given["es"])
    alone = [
        value(loss(layers=LATE), *pair)
        for pair in ((given["fs"], given["ft"]), (given["ft"], 2 * given["fs"]))
    ]
    assert both(ones, others, batch).item() == pytest.approx(sum(alone), rel=1e-12)


@named([loss for loss in ALL if loss.zero_at_agreement])
def test_features_that_agree_cost_nothing(loss: type[FeatureLoss]) -> None:
    feature = fixture()["fs"]
    assert value(loss(layers=LATE), feature, feature.clone()) == pytest.approx(0.0, abs=1e-12)


@named(ALL)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("rows", [1, 2, 5])
@pytest.mark.parametrize("what", ["random", "zero", "alike"])
def test_no_number_is_lost(loss: type[FeatureLoss], dtype: torch.dtype, rows: int, what: str) -> None:
    """Half precision, a single row, features that are all 0, or all the same: values and gradients stay finite."""
    random = torch.Generator().manual_seed(0)
    student, teacher = (300 * torch.randn(rows, 4, 3, 3, generator=random) for _ in range(2))
    student = {"random": student, "zero": 0 * student, "alike": student[:1].expand_as(student)}[what]
    leaf = student.to(dtype).clone().requires_grad_()
    built = loss(layers=LATE).build(TASK, output(leaf), output(teacher))
    found = built(output(leaf), output(teacher), kdorch.Batch(leaf, leaf, leaf))
    found.backward()
    assert torch.isfinite(found)
    assert torch.isfinite(leaf.grad).all()
    assert leaf.grad.dtype == dtype


@named([*ANYHOW, Pkd])
def test_one_row_has_nothing_to_be_compared_with(loss: type[FeatureLoss]) -> None:
    assert value(loss(layers=LATE), torch.randn(1, 6), torch.randn(1, 6)) == 0


def test_rkd_sees_neither_scale_nor_place() -> None:
    student, teacher = fixture()["es"], fixture()["et"]
    moved = 7 * student + 3
    assert value(Rkd(layers=LATE), moved, teacher) == pytest.approx(value(Rkd(layers=LATE), student, teacher))


# ---------------------------------------------------------------- shapes


@named(PROJECTED)
@pytest.mark.parametrize(
    ("student", "teacher", "kind", "weights"),
    [
        ((4, 6, 6), (7, 6, 6), nn.Conv2d, 4 * 7 + 7),
        ((4, 3, 3, 3), (7, 3, 3, 3), nn.Conv3d, 4 * 7 + 7),
        ((5, 4), (5, 7), nn.Conv1d, 4 * 7 + 7),  # five tokens
        ((4,), (7,), nn.Linear, 4 * 7 + 7),
    ],
    ids=["maps", "depth", "sequence", "vectors"],
)
def test_where_channels_differ_a_projection_is_trained(
    loss: type[FeatureLoss],
    student: tuple[int, ...],
    teacher: tuple[int, ...],
    kind: type[nn.Module],
    weights: int,
) -> None:
    if loss in PLACED and len(student) == 1:
        pytest.skip("vectors have no positions")
    ours, theirs = torch.randn(6, *student), torch.randn(6, *teacher)
    built = term(loss(layers=LATE), ours, theirs)
    [pair] = built.pairs
    assert isinstance(pair.project, kind)
    assert sum(parameter.numel() for parameter in pair.project.parameters()) == weights
    built(output(ours), output(theirs), kdorch.Batch(ours, ours, ours)).backward()
    assert pair.project.weight.grad.abs().sum() > 0


@named(ALL)
def test_where_channels_are_equal_nothing_is_projected(loss: type[FeatureLoss]) -> None:
    feature = torch.randn(6, 4, 5, 5)
    trained = sum(parameter.numel() for parameter in term(loss(layers=LATE), feature, feature).parameters())
    assert trained == (4 if loss is Vid else 0)  # its variances


@named([Attention, Nst, *ANYHOW])
def test_channels_may_differ_where_they_are_not_compared(loss: type[FeatureLoss]) -> None:
    ours, theirs = torch.randn(6, 4, 5, 5), torch.randn(6, 7, 5, 5)
    assert not list(term(loss(layers=LATE), ours, theirs).parameters())
    assert value(loss(layers=LATE), ours, theirs) > 0


@named([*PROJECTED, Attention, Nst])
def test_maps_are_averaged_down_to_the_smaller_size(loss: type[FeatureLoss]) -> None:
    ours, theirs = torch.randn(6, 4, 6, 4), torch.randn(6, 4, 3, 8)
    smaller = [adaptive_avg_pool2d(feature, (3, 4)) for feature in (ours, theirs)]
    assert value(loss(layers=LATE), ours, theirs) == pytest.approx(
        value(loss(layers=LATE), *smaller), rel=1e-6
    )


def test_a_sequence_is_compared_token_by_token() -> None:
    ours, theirs = torch.randn(6, 5, 4), torch.randn(6, 5, 4)
    assert value(Hint(layers=LATE), ours, theirs) == pytest.approx(mse_loss(ours, theirs).item(), rel=1e-6)


@named(ANYHOW)
def test_relations_are_compared_whatever_the_shapes(loss: type[FeatureLoss]) -> None:
    assert value(loss(layers=LATE), torch.randn(6, 4), torch.randn(6, 7, 5, 5)) > 0


@pytest.mark.parametrize(
    ("loss", "student", "teacher", "message"),
    [
        (
            Hint,
            (32,),
            (16, 4, 4),
            (
                "layers.late: hint cannot compare vectors (rows, 32) of the student with maps (rows, 16, 4, 4) of the "
                "teacher. Name two of a kind, or use similarity, rkd or pkt"
            ),
        ),
        (
            Attention,
            (32,),
            (16, 4, 4),
            (
                "layers.late: attention compares positions, which the student's vectors (rows, 32) have none of. "
                "Name maps or a sequence, or use similarity, rkd or pkt"
            ),
        ),
        (
            Vid,
            (12, 32),
            (16, 32),
            (
                "layers.late: vid compares token by token, so not a sequence (rows, 12, 32) of the student with "
                "a sequence (rows, 16, 32) of the teacher"
            ),
        ),
        (
            Rkd,
            (),
            (32,),
            "layers.late: the student's feature is a tensor (rows,), not vectors, a sequence or maps",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(
    loss: type[FeatureLoss], student: tuple[int, ...], teacher: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        term(loss(layers=LATE), torch.randn(2, *student), torch.randn(2, *teacher))


@pytest.mark.parametrize(
    ("student", "teacher", "message"),
    [
        ({"early": 1, "lat": 1}, {"late": 1}, "the student has no feature 'late'. Did you mean 'lat'?"),
        ({"late": 1}, {"early": 1, "last": 1}, "the teacher has no feature 'late'. Did you mean 'last'?"),
        ({"late": 1}, {}, "the teacher shows no features"),
    ],
)
def test_a_feature_that_is_not_there(student: dict[str, int], teacher: dict[str, int], message: str) -> None:
    shown = [output(**{name: torch.randn(2, 3) for name in names}) for names in (student, teacher)]
    with pytest.raises(ValueError, match=re.escape(f"layers.late: {message}")):
        Similarity(layers=LATE).build(TASK, *shown)


def test_layers_are_needed() -> None:
    with pytest.raises(ValueError, match="at least 1 item"):
        Hint(layers={})


# ---------------------------------------------------------------- what is trained


@named(PROJECTED)
def test_projections_follow_the_seed(loss: type[FeatureLoss]) -> None:
    def weights(number: int) -> Tensor:
        seed(number)
        built = term(loss(layers=LATE), torch.randn(2, 4, 3, 3), torch.randn(2, 7, 3, 3))
        return torch.cat([parameter.flatten() for parameter in built.parameters()])

    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))


def test_the_variance_of_vid_learns_how_far_the_student_is_off() -> None:
    theirs = torch.randn(64, 3)
    ours = theirs + torch.randn(64, 3) * torch.tensor([0.1, 1.0, 3.0])
    built = term(Vid(layers=LATE), ours, theirs)
    optimizer = torch.optim.Adam(built.parameters(), 0.1)
    for _ in range(400):
        optimizer.zero_grad()
        built(output(ours), output(theirs), kdorch.Batch(ours, ours, ours)).backward()
        optimizer.step()
    [spread] = built.parameters()
    learnt = torch.nn.functional.softplus(spread)
    torch.testing.assert_close(learnt, (ours - theirs).square().mean(0), rtol=0.05, atol=0.0)


@named(ALL)
def test_nothing_flows_into_the_teacher_s_features(loss: type[FeatureLoss]) -> None:
    ours, theirs = torch.randn(6, 4, 3, 3, requires_grad=True), torch.randn(6, 4, 3, 3, requires_grad=True)
    term(loss(layers=LATE), ours, theirs)(
        output(ours), output(theirs), kdorch.Batch(ours, ours, ours)
    ).backward()
    assert ours.grad.abs().sum() > 0
    assert theirs.grad is None
