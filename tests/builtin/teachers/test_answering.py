"""Probabilities, logits and numbers from elsewhere, as the logits of a task."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

import kdorch
from kdorch.builtin.teachers.answering import as_logits, ask, in_order

CLASSES = kdorch.Classification(labels=("a", "b", "c"))
LABELS = kdorch.Multilabel(labels=("a", "b"))
NUMBERS = kdorch.Regression(labels=("x",), mean=(100.0,), deviation=(10.0,))
ROWS = torch.tensor([7, 11])


def test_probabilities_come_back_from_their_logits():
    said = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])
    logits = as_logits(CLASSES, said, "probabilities", ROWS)
    np.testing.assert_allclose(logits.softmax(-1), said, atol=1e-6)
    assert logits.dtype == torch.float32
    assert logits[1, 1].item() == pytest.approx(np.log(1e-7))
    said = np.array([[0.2, 0.9], [1.0, 0.0]])
    logits = as_logits(LABELS, said, "probabilities", ROWS)
    np.testing.assert_allclose(logits.sigmoid(), said, atol=1e-6)


def test_probabilities_that_were_rounded_are_scaled_to_one():
    logits = as_logits(CLASSES, [[0.33, 0.33, 0.33], [0.2, 0.3, 0.5]], "probabilities", ROWS)
    torch.testing.assert_close(logits.exp().sum(-1), torch.ones(2))


def test_logits_are_taken_as_they_are_and_numbers_brought_to_unit_scale():
    assert as_logits(CLASSES, [[1, 2, 3], [4, 5, -6]], "logits", ROWS).tolist() == [[1, 2, 3], [4, 5, -6]]
    for answers in ("logits", "probabilities"):
        assert as_logits(NUMBERS, [[110.0], [80.0]], answers, ROWS).tolist() == [[1.0], [-2.0]]


@pytest.mark.parametrize(
    ("task", "said", "told"),
    [
        (
            CLASSES,
            [[0.2, 0.3, 0.5], [3.0, 1.0, 0.5]],
            r"1 of 2 rows do not sum to 1 \(4.5\).*logits\? .*row 11",
        ),
        (
            CLASSES,
            [[-0.2, 0.7, 0.5], [0, 0, 1]],
            r"1 of 2 rows hold a negative probability\. The first is row 7",
        ),
        (CLASSES, [[np.nan, 1, 0], [0, np.inf, 1]], r"2 of 2 rows hold NaN or infinity\. The first is row 7"),
        (LABELS, [[0.2, 0.3], [0.5, 1.5]], r"1 of 2 rows hold a probability below 0 or above 1\. .*row 11\."),
        (CLASSES, [[0.5, 0.5], [0.5, 0.5]], r"2 rows with shape \(2, 2\); the task needs \(2, 3\)"),
    ],
)
def test_what_is_no_distribution_is_counted(task, said, told):
    with pytest.raises(kdorch.DataError, match=told):
        as_logits(task, said, "probabilities", ROWS)


def test_labels_are_brought_into_order_or_named():
    assert in_order(["c", "a", "b"], CLASSES) == [1, 2, 0]
    with pytest.raises(kdorch.DataError, match="it does not know c; it knows d besides"):
        in_order(["a", "b", "d"], CLASSES)


def test_foreign_answers_of_any_form_are_read():
    rows, logits = torch.zeros(2, 4), [[1.0, 2.0, 3.0]] * 2
    table = pd.DataFrame(logits, columns=["c", "b", "a"])
    forms = {"tensor": torch.tensor(logits), "array": np.array(logits), "named": table[["a", "b", "c"]]}
    forms["object"] = SimpleNamespace(logits=torch.tensor(logits, requires_grad=True))
    for form, said in forms.items():
        first = [3.0, 2.0, 1.0] if form == "named" else [1.0, 2.0, 3.0]
        assert np.asarray(ask(lambda _, said=said: said, rows, CLASSES))[0].tolist() == first
    assert ask(lambda _: pd.DataFrame(logits), rows, CLASSES)[0].tolist() == [1.0, 2.0, 3.0]


def test_a_model_that_fails_is_explained():
    with pytest.raises(kdorch.DataError, match=r"fails on inputs of shape \(2, 4\), torch.float32: .*divi"):
        ask(lambda _: 1 / 0, torch.zeros(2, 4), CLASSES)
