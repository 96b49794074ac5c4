"""What is said of parts that do not fit each other, from two rows."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
import training_toys
from torch import nn

import kdorch
from kdorch.discovery import Origin, installed
from kdorch.training import together

PLAIN = {"use": "module", "target": "training_toys:plain"}


class Shown(nn.Module):
    """Shows a vector and a map."""

    def __init__(self, width=4):
        super().__init__()
        self.body, self.head = nn.Linear(training_toys.FEATURES, width * 4), nn.Linear(width * 4, 3)

    def forward(self, inputs):
        late = self.body(inputs).relu()
        return kdorch.Output(self.head(late), {"late": late, "map": late.view(len(late), -1, 2, 2)})


class Fussy(Shown):
    """Cannot be built with more than 8."""

    def __init__(self, width):
        if width > 8:
            raise ValueError(f"args.width: at most 8, not {width}")
        super().__init__(width)


class Alike(kdorch.Loss, name="alike", needs={"features"}):
    """Compares features of one shape, and does not look whether they are there."""

    layers: dict[str, str]

    def __call__(self, student, teacher, batch):
        pairs = self.layers.items()
        return sum((student.features[s] - teacher.features[t]).square().mean() for s, t in pairs)


class Told(kdorch.Loss, name="told"):
    """What the test says: of the logits of the student and the teacher."""

    what: str

    def __call__(self, student, teacher, batch):
        return eval(self.what, {"torch": torch}, {"s": student.logits, "t": teacher.logits, "b": batch})


class Closed(kdorch.Loss, name="closed"):
    """A closed form that the test gives."""

    what: str

    def __call__(self, student, teacher, batch):
        return (student.logits - teacher.logits).mean()

    def gradient(self, student, teacher, batch):
        return eval(self.what, {"torch": torch}, {"s": student.logits, "t": teacher.logits, "b": batch})


class Offer:
    @kdorch.hookimpl
    def register_losses(self, register):
        for loss in (Alike, Told, Closed):
            register(loss)


@pytest.fixture(scope="module", autouse=True)
def _offered(_toys):
    installed().add(Offer(), Origin("together", "0", "together"))


@pytest.fixture
def told(stored, tmp_path):
    """Return a function that tries parts, by their keys, and returns what is said."""
    teacher = tmp_path / "teacher" / "validation"
    teacher.mkdir(parents=True)
    logits = np.load(stored / "teacher" / "validation" / "logits.npy")
    np.save(teacher / "logits.npy", logits)
    np.save(teacher / "features.late.npy", np.ones((len(logits), 16), np.float32))
    np.save(
        teacher / "features.map.npy",
        np.random.default_rng(0).normal(size=(len(logits), 4, 3, 3)).astype("f4"),
    )

    def tried(losses, students=(("student", {"use": "mlp"}, {}),), *, ready=True):
        spec = {
            "data": str(stored / "data"),
            "teacher": str(tmp_path / "teacher") if ready else None,
            "recall": None,
            "task": training_toys.TASK.model_dump(),
            "students": students,
            "losses": losses,
        }
        return together.run(spec, print)["problems"]

    return tried


def network(name, **args):
    return {"use": "module", "target": f"{__name__}:{name}", "args": args}


OURS = {
    entry.name: entry.spec
    for entry in installed().registries["loss"]
    if entry.origin.distribution == "kdorch"
}
ON_LOGITS = [{"use": name} for name, loss in OURS.items() if "features" not in loss.needs]
ON_FEATURES = [
    {"use": name, "layers": {layer: layer}}
    for name, loss in OURS.items()
    if "features" in loss.needs
    for layer in ("late", "map")
    if layer == "map" or not loss.positions
]


@pytest.mark.parametrize("ready", [True, False], ids=["with the teacher", "before it is ready"])
def test_our_own_losses_fit(told, ready):
    losses = [(f"losses.{part['use']}", part, {}) for part in ON_LOGITS + ON_FEATURES * ready]
    assert len(losses) > 12
    assert told(losses, [("student", network("Shown"), {})], ready=ready) == []


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("(s - t).square().mean(-1)", r"answers shape \(2,\), not one number as a tensor\. Average it"),
        (
            "(s - t).square().mean().item()",
            r"answers a float, not one number as a tensor\. Return the mean over the rows, without item",
        ),
        ("(s - t).square().mean().neg().log()", "is nan on 2 rows"),
        ("t.square().mean()", "has no gradient in what the student says"),
        ("s.detach().square().mean()", "has no gradient in what the student says"),
        ("torch.nn.Linear(3, 1)(t).mean()", "has no gradient in what the student says"),
        ("(s * 0).sum().sqrt()", "has a gradient of NaN or infinity"),
        ("s.mul_(2).mean()", "changes what it is given in place"),
        ("s.mean() + t.mul_(2).mean()", "changes what it is given in place"),
        ("s.mean() + b.inputs.zero_().mean()", "changes what it is given in place"),
        ("s.mean() + s.data.zero_().mean()", "changes what it is given in place"),
        ("s.mean(", "fails on two rows: SyntaxError"),
        (
            "s.exp().mul_(2).mean() + s.exp().sigmoid_().exp_().mean()",
            "has no derivative: RuntimeError: one of",
        ),
        ("(s.T - t).mean()", "fails on two rows: RuntimeError: The size of tensor"),
    ],
)
def test_a_loss_that_cannot_be_learnt_from(told, what, said):
    ((where, sentence),) = told([("losses.kd", {"use": "told", "what": what}, {})])
    assert where == "losses.kd"
    assert re.search(f"loss 'told' {said}", sentence), sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("s[0]", r"the gradient of loss 'closed' has shape \(3,\), and the logits have \(2, 3\)\."),
        ("s / 0", "the gradient of loss 'closed' is NaN or infinity"),
        ("s.sub_(t)", "loss 'closed' changes what it is given in place"),
    ],
)
def test_a_closed_form_that_is_none(told, what, said):
    ((_, sentence),) = told([("losses.kd", {"use": "closed", "what": what}, {})])
    assert re.search(said, sentence), sentence
    assert told([("losses.kd", {"use": "closed", "what": "None"}, {})]) == []


# ---------------------------------------------------------------- features


def test_features_that_are_not_there(told):
    hint = {"use": "alike", "layers": {"lat": "map", "map": "early"}}
    losses = [("losses.hint", hint, {}), ("losses.other", {"use": "alike", "layers": {"late": "latter"}}, {})]
    assert told(losses, [("student", network("Shown"), {})]) == [
        ("losses.hint.layers", "the student shows no feature 'lat'. Did you mean 'late'?"),
        ("losses.other.layers", "the teacher shows no feature 'latter'. Did you mean 'late'?"),
    ]
    ((_, sentence),) = told(losses[:1], [("student", PLAIN, {})])
    assert sentence == "the student shows no feature 'lat'. It shows none."


def test_shapes_that_cannot_be_compared(told):
    losses = [
        ("losses.alike", {"use": "alike", "layers": {"map": "map"}}, {}),
        ("losses.cwd", {"use": "cwd", "layers": {"late": "map"}}, {}),
    ]
    alike, cwd = told(losses, [("student", network("Shown"), {})])
    assert alike[0] == "losses.alike"
    assert "fails on two rows: RuntimeError: The size of tensor a (2) must match" in alike[1]
    assert cwd[0] == "losses.cwd.layers.late"
    assert (
        told(
            [("losses.alike", {"use": "alike", "layers": {"late": "late"}}, {})],
            [("student", network("Shown"), {})],
        )
        == []
    )


# ---------------------------------------------------------------- students, and what is told of which


def test_every_student_is_told_of_and_the_losses_of_those_that_are_left(told):
    students = [
        ("student.any.scalar", {"use": "module", "target": "training_toys:Scalar"}, {}),
        ("student.any.wide", {"use": "module", "target": "training_toys:Wide"}, {}),
        ("student.any.tuple", {"use": "module", "target": "training_toys:Tuple"}, {}),
        ("student.any.mlp", {"use": "mlp"}, {}),
    ]
    losses = [
        ("losses.nothing", {"use": "told", "what": "t.mean()"}, {}),
        ("losses.kd", {"use": "hinton"}, {}),
    ]
    found = told(losses, students)
    assert [where for where, _ in found] == [*(place for place, *_ in students[:3]), "losses.nothing"]
    assert "Seen with" not in found[3][1]


def test_what_is_only_so_with_one_student_names_it(told):
    students = [("student.any.shown", network("Shown"), {}), ("student.any.plain", PLAIN, {})]
    losses = [("losses.hint", {"use": "alike", "layers": {"late": "late"}}, {})]
    assert told(losses, students) == [
        (
            "losses.hint.layers",
            "the student shows no feature 'late'. It shows none. Seen with student.any.plain.",
        )
    ]


def test_what_is_only_so_at_one_end_names_the_parameters(told):
    students = [
        ("student", network("Fussy", width=width), {"student.args.width": width}) for width in (4, 16)
    ]
    ((where, sentence),) = told([], students)
    assert where == "student.args.width"
    assert sentence == "at most 8, not 16. Seen with student.args.width: 16."
    losses = [
        ("losses.kd", {"use": "told", "what": f"(s / {value}).mean()"}, {"losses.kd.what": value})
        for value in (1, 0)
    ]
    ((where, sentence),) = told(losses)
    assert where == "losses.kd"
    assert sentence.endswith("Seen with losses.kd.what: 0.")


def test_what_has_no_weight_is_not_tried(told):
    part = {"use": "told", "what": "t.mean()"}
    never = [
        ("losses.a", part | {"weight": 0}, {}),
        ("losses.b", part | {"weight": {"from": 0, "to": 0, "epochs": 1}}, {}),
    ]
    assert told(never) == []
    assert len(told([("losses.c", part | {"weight": {"from": 0, "to": 1, "epochs": 1}}, {})])) == 1
