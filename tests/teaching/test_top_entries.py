"""Of what a teacher answers, the largest entries: stored, scored by all of them, and enough for a trial."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from teaching_toys import BUDGET, SEEN, Attentive, ready, stored

from kdorch.builtin.losses import ForwardKl
from kdorch.builtin.networks import Mlp
from kdorch.builtin.teachers import Trained
from kdorch.kinds import Output
from kdorch.teaching.scoring import asked_scores, scores
from kdorch.teaching.teacher import make_ready
from kdorch.training.rows import open_rows
from kdorch.training.top import widened

TEACHER = Trained(network=Mlp(width=16), epochs=3, lr=0.02)


def kept(store, data, top, teacher=TEACHER):
    score = ("accuracy", "max")
    return make_ready(store, teacher, "toys 0", data, seed=0, score=score, budget=BUDGET, top=top)


def test_the_largest_are_stored_in_half_precision_and_their_ids_in_a_byte(store, data):
    whole, entry = ready(store, TEACHER, data), kept(store, data, 2)
    for split in ("train", "validation"):
        logits = torch.from_numpy(stored(whole.path, split, "logits")).log_softmax(-1)
        found, ids = (stored(entry.path, split, name) for name in ("logits", "support"))
        assert (found.dtype, ids.dtype) == (np.float16, np.uint8)
        best, order = logits.topk(2)
        assert (ids == order.numpy()).all()
        rest = logits.gather(1, 3 - order.sum(1, keepdim=True))
        np.testing.assert_allclose(found, torch.cat((best, rest), 1), rtol=1e-3, atol=1e-3)
    facts = entry.facts["top"]
    assert facts["each"] == 3 * 2 + 2
    assert facts["bytes"] == facts["each"] * (54 + 18)
    assert facts["whole"] == 4 * 3 * (54 + 18)


def test_another_number_is_another_entry(store, data):
    assert kept(store, data, 2).made
    assert kept(store, data, 1).made
    assert not kept(store, data, 2).made


def test_scores_are_of_all_entries_and_asked_for_once(store, data):
    whole, entry = ready(store, Attentive(), data), kept(store, data, 1, Attentive())
    SEEN.clear()

    def asked(metrics=()):
        return asked_scores(
            store, Attentive(), entry.path, data, "validation", budget=BUDGET, metrics=metrics
        ).facts["scores"]

    assert asked() == scores(whole.path, data, "validation")
    assert asked().keys() == {"accuracy", "f1", "loss"}
    assert asked(["auroc"]).keys() == {"accuracy", "f1", "loss", "auroc"}
    assert [what for what, _ in SEEN] == ["answer", "answer"]


@pytest.mark.parametrize("budget", [BUDGET, 0], ids=["in memory", "streamed"])
def test_a_trial_reads_what_was_stored(store, data, budget):
    """Two of three classes and the rest are all there is to know."""
    whole, entry = ready(store, TEACHER, data).path, kept(store, data, 2).path
    student = torch.randn(18, 3, generator=torch.Generator().manual_seed(0))
    values = []
    for path in (whole, entry):
        batch, told = next(open_rows(data, "validation", path, budget=budget).batches(18))
        values.append(ForwardKl()(Output(student), widened(told, student), batch))
    torch.testing.assert_close(*values, rtol=1e-3, atol=1e-4)
