"""What losses are worth: reference values, and what must hold of their definitions, in float64."""

from __future__ import annotations

import math

import pytest
import torch
from lessons import BY_LABEL, CASES, FLAGS, TASK, Lesson, lesson, sequences, value
from torch.nn.functional import kl_div, pad

import kdorch
from kdorch.builtin.losses import (
    Dist,
    Dkd,
    ForwardKl,
    Hinton,
    Jsd,
    LogitMse,
    LogitStandardization,
    Nkd,
    ReverseKl,
    SkewKl,
    SkewReverseKl,
    SoftCrossEntropy,
    Supervised,
    Uld,
)
from kdorch.builtin.losses.logits import LogitLoss
from kdorch.discovery import installed

REFERENCE = [
    (Hinton(temperature=4.0), 5.38416879),
    (Dkd(), 43.5312292),
    (Dkd(alpha=1.0, beta=0.0), 0.634813017),  # TCKD
    (Dkd(alpha=0.0, beta=1.0), 5.36205203),  # NCKD
    (Dist(), 1.92908973),
    (Dist(temperature=4.0), 29.607086),
    (LogitStandardization(), 0.833940908),
    (Nkd(), 5.60515878),
    (Nkd(temperature=3.0, gamma=3.5), 74.8285001),
    (LogitMse(), 13.7457526),
    (SoftCrossEntropy(), 3.69813764),
    (ForwardKl(), 2.74405681),
    (ReverseKl(), 3.61136238),
    (Jsd(), 0.395787754),
    (Jsd(beta=0.1), 0.166667704),
    (SkewKl(alpha=0.1), 1.30794239),
    (SkewReverseKl(alpha=0.1), 1.34297073),
    (Uld(), 0.54500103),
]
each_case = pytest.mark.parametrize("name", CASES)


@pytest.mark.parametrize(("loss", "expected"), REFERENCE, ids=[repr(loss) for loss, _ in REFERENCE])
def test_reference_values(loss: kdorch.Loss, expected: float) -> None:
    assert value(loss, lesson()) == pytest.approx(expected, rel=1e-6)


def test_every_loss_on_logits_is_among_the_cases() -> None:
    offered = {entry.spec for entry in installed().registries["loss"] if issubclass(entry.spec, LogitLoss)}
    assert {type(loss) for loss in CASES.values()} == offered
    assert {type(loss) for loss, _ in REFERENCE} == offered


# ---------------------------------------------------------------- what every loss promises


@each_case
def test_agreement_is_worth_what_the_class_says(name: str) -> None:
    loss, given = CASES[name], lesson()
    agreed = Lesson(given.teacher.logits, given.teacher.logits, given.batch.targets)
    found, slope = value(loss, agreed), loss.gradient(*agreed.args)  # type: ignore[attr-defined]
    if loss.zero_at_agreement:
        assert found == pytest.approx(0.0, abs=1e-12)
        assert slope.abs().max().item() == pytest.approx(0.0, abs=1e-12)
    else:
        assert found > 0.1
    assert value(loss, given) > found


@each_case
def test_the_mean_over_batches_is_that_of_the_whole_where_rows_stand_alone(name: str) -> None:
    loss, whole = CASES[name], lesson(12)
    parts = [whole.only(slice(first, first + 4)) for first in (0, 4, 8)]
    mean = sum(value(loss, part) for part in parts) / 3
    same = value(loss, whole) == pytest.approx(mean, rel=1e-12)
    assert same is not loss.across_rows


@each_case
def test_the_order_of_rows_and_classes_does_not_matter(name: str) -> None:
    given, turned = lesson(), torch.arange(9, -1, -1)
    student, teacher = given.student.logits[:, turned].flip(0), given.teacher.logits[:, turned].flip(0)
    other = Lesson(student, teacher, turned[given.batch.targets].flip(0))
    assert value(CASES[name], other) == pytest.approx(value(CASES[name], given), rel=1e-12)


@pytest.mark.parametrize("name", ["hinton", "dkd", "dist", "logit_standardization", "nkd"])
def test_temperature_leaves_the_size_of_gradients(name: str) -> None:
    given, loss = lesson(), CASES[name]
    sizes = [
        loss.model_copy(update={"temperature": hot}).gradient(*given.args).norm().item()  # type: ignore[attr-defined]
        for hot in (50.0, 100.0)
    ]
    growth = 4 if name == "dist" else 1  # correlations do not shrink, and T^2 is the paper's all the same
    assert sizes[1] == pytest.approx(growth * sizes[0], rel=0.05)


# ---------------------------------------------------------------- definitions


def test_hinton_is_the_divergence_of_torch() -> None:
    given = lesson()
    ours, theirs = ((output.logits / 2).log_softmax(-1) for output in (given.student, given.teacher))
    expected = 4 * kl_div(ours, theirs, reduction="batchmean", log_target=True)
    assert value(Hinton(temperature=2.0), given) == pytest.approx(expected.item(), rel=1e-12)


def test_dkd_is_hinton_taken_apart() -> None:
    """Hinton counts the other classes by what the teacher leaves them."""
    for row in range(8):
        given = lesson().only(slice(row, row + 1))
        believed = (given.teacher.logits / 4).softmax(-1)[0, given.batch.targets[0]].item()
        apart = Dkd(alpha=1.0, beta=1 - believed, temperature=4.0)
        assert value(apart, given) == pytest.approx(value(Hinton(temperature=4.0), given), rel=1e-12)


def test_nkd_is_its_formula_written_out() -> None:
    given, total = lesson(), 0.0
    for ours, theirs, label in zip(
        given.student.logits.tolist(),
        given.teacher.logits.tolist(),
        given.batch.targets.tolist(),
        strict=True,
    ):
        q, p = ([math.exp(z) / sum(map(math.exp, all_)) for z in all_] for all_ in (ours, theirs))
        others = [k for k in range(10) if k != label]
        hot_q, hot_p = (
            {k: math.exp(z[k] / 2) / sum(math.exp(z[j] / 2) for j in others) for k in others}
            for z in (ours, theirs)
        )
        total -= p[label] * math.log(q[label])
        total -= 0.7 * 4 * sum(hot_p[k] * math.log(hot_q[k]) for k in others)
    assert value(Nkd(gamma=0.7, temperature=2.0), given) == pytest.approx(total / 8, rel=1e-12)


def test_forward_kl_is_hinton_at_temperature_one() -> None:
    assert value(ForwardKl(), lesson()) == pytest.approx(value(Hinton(temperature=1.0), lesson()), rel=1e-12)


def test_soft_cross_entropy_is_forward_kl_and_the_teachers_entropy() -> None:
    given = lesson()
    p = given.teacher.logits.softmax(-1)
    entropy = -(p * p.log()).sum(-1).mean().item()
    assert value(SoftCrossEntropy(), given) == pytest.approx(value(ForwardKl(), given) + entropy, rel=1e-12)


def test_reverse_kl_is_forward_kl_with_exchanged_roles() -> None:
    given = lesson()
    other = Lesson(given.teacher.logits, given.student.logits.detach(), given.batch.targets)
    assert value(ReverseKl(), given) == pytest.approx(value(ForwardKl(), other), rel=1e-12)
    assert value(SkewReverseKl(alpha=0.2), given) == pytest.approx(value(SkewKl(alpha=0.2), other), rel=1e-12)
    assert value(Jsd(beta=0.2), given) == pytest.approx(value(Jsd(beta=0.8), other), rel=1e-12)


def test_mixtures_lead_to_the_plain_divergences() -> None:
    """For beta towards 0 JSD is beta times forward KL, which others call JSD at beta = 0."""
    given, little = lesson(), 1e-7
    assert value(Jsd(beta=little), given) / little == pytest.approx(value(ForwardKl(), given), rel=1e-4)
    assert value(Jsd(beta=1 - little), given) / little == pytest.approx(value(ReverseKl(), given), rel=1e-4)
    assert value(SkewKl(alpha=little), given) == pytest.approx(value(ForwardKl(), given), rel=1e-4)
    assert value(SkewReverseKl(alpha=little), given) == pytest.approx(value(ReverseKl(), given), rel=1e-4)


def test_dist_sees_correlations_only() -> None:
    """A distribution nearer to the uniform one by half correlates as before."""
    given = lesson()
    q = given.student.logits.softmax(-1)
    softer = Lesson((0.5 * q + 0.05).log(), given.teacher.logits, given.batch.targets)
    assert value(Dist(), softer) == pytest.approx(value(Dist(), given), rel=1e-10)


def test_dist_of_one_row_has_no_columns() -> None:
    one = lesson(1)
    assert value(Dist(gamma=5.0), one) == pytest.approx(value(Dist(gamma=0.0), one), rel=1e-12)


def test_dist_of_a_student_that_does_not_vary() -> None:
    given = lesson()
    flat = Lesson(torch.zeros(8, 10), given.teacher.logits.float(), given.batch.targets)
    assert value(Dist(beta=2.0, gamma=3.0), flat) == pytest.approx(5.0, rel=1e-6)
    assert Dist().gradient(*flat.args).abs().max() == 0


def test_logit_standardization_ignores_scale_and_shift() -> None:
    given = lesson()
    other = Lesson(7 * given.student.logits + 3, given.teacher.logits / 5, given.batch.targets)
    loss = LogitStandardization()
    assert value(loss, other) == pytest.approx(value(loss, given), rel=1e-10)


def test_uld_compares_probabilities_by_rank() -> None:
    given, mixed = lesson(), torch.tensor([3, 1, 4, 9, 5, 2, 6, 8, 7, 0])
    other = Lesson(given.student.logits[:, mixed], given.teacher.logits, given.batch.targets)
    assert value(Uld(), other) == pytest.approx(value(Uld(), given), rel=1e-12)


@pytest.mark.parametrize("narrow", ["student", "teacher"])
def test_uld_fills_up_the_shorter_vocabulary_with_zeros(narrow: str) -> None:
    given = lesson()
    logits = {"student": given.student.logits.detach(), "teacher": given.teacher.logits}
    few = logits | {narrow: logits[narrow][:, :6]}
    filled = few | {narrow: pad(few[narrow], (0, 4), value=-math.inf)}
    found, expected = (Lesson(*each.values(), given.batch.targets) for each in (few, filled))
    assert value(Uld(), found) == pytest.approx(value(Uld(), expected), rel=1e-12)


# ---------------------------------------------------------------- labels, tokens, several labels


@pytest.mark.parametrize("name", BY_LABEL)
def test_a_label_is_a_distribution_over_two_classes(name: str) -> None:
    given = lesson()
    term = BY_LABEL[name].build(FLAGS, given.student, given.teacher)
    pairs = [
        torch.stack((z, torch.zeros_like(z)), -1).flatten(0, 1)
        for z in (given.student.logits, given.teacher.logits)
    ]
    labels = Lesson(*pairs, torch.zeros(80, dtype=torch.long))
    assert value(term, given) == pytest.approx(value(BY_LABEL[name], labels), rel=1e-12)


def test_forward_kl_of_labels_is_the_fidelity_that_the_task_measures() -> None:
    given = lesson()
    term = ForwardKl().build(FLAGS, given.student, given.teacher)
    told = FLAGS.fidelity(given.student.logits, given.teacher.logits)
    assert value(term, given) == pytest.approx(told["kl"], rel=1e-9)


@each_case
@pytest.mark.parametrize("masked", [False, True])
def test_tokens_are_averaged_as_rows_are(name: str, masked: bool) -> None:
    counted = torch.arange(20).reshape(4, 5) % 3 > 0 if masked else torch.ones(4, 5, dtype=torch.bool)
    given = sequences(counted if masked else None)
    assert value(CASES[name], given) == pytest.approx(value(CASES[name], given.only(counted)), rel=1e-12)


@pytest.mark.parametrize("name", ["hinton", "nkd"])
def test_a_mask_of_inputs_says_nothing_of_answers_row_by_row(name: str) -> None:
    masked = lesson(mask=torch.rand(8, 5) > 0.5)
    assert value(CASES[name], masked) == value(CASES[name], lesson())


def test_the_task_loss_is_the_mean_of_minus_log_probabilities() -> None:
    given = lesson()
    term = Supervised().build(TASK, given.student, None)
    chosen = given.student.logits.softmax(-1)[torch.arange(8), given.batch.targets]
    assert value(term, given) == pytest.approx(-chosen.log().mean().item(), rel=1e-12)
