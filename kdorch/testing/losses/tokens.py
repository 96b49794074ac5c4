"""Checks of losses where vocabularies are: padding is masked, and only the largest entries may be stored."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from kdorch.kinds import Batch, Output
from kdorch.testing.losses.base import CLOSE, LossChecks, compute
from kdorch.testing.samples import Sample, bare, leaf, make_task
from kdorch.testing.says import expect, explained, skip
from kdorch.training.top import narrowed, widened

_ROWS, _TOKENS, _PADDING, _WORDS = 3, 4, 2, 5
_WITH_CLASSES = {"classification", "tokens"}
_READ: list[str] = []


class TokenChecks(LossChecks):
    """What a loss does with (rows, tokens, vocabulary), where some tokens are padding."""

    def test_counts_no_masked_tokens(self) -> None:
        """Neither what padding says nor how much there is matters; all may be padding."""
        if self._loss.tasks and not _WITH_CLASSES & self._loss.tasks:
            skip("it is for no task with classes")
        if "features" in self._loss.needs:
            skip("it compares features")
        whole = _tokens()
        why = "sequences of a batch differ in length: a loss would depend on the longest one."
        do = "take logits[batch.mask], and the mean over those; where there are none, return their sum, 0."
        with explained(f"{self.who} fails on token logits with a mask", why=why, do=do):
            padded = self._with_mask(whole)
            short = self._with_mask(_cut(whole))
            other = self._with_mask(_shouting(whole))
            none = self._with_mask(_without(whole))
        expect(
            abs(padded - short) <= CLOSE * abs(short) and padded == other and isfinite(none),
            f"{self.who} is {short:g}, with padding {padded:g}, with other padding {other:g}, and {none:g} "
            "where all is padding.",
            why=why,
            do=do,
        )

    def test_takes_all_but_the_largest_entries_as_one(self) -> None:
        """Unless it needs full_distribution, two entries and the sum of all others will do."""
        if self._loss.demands():
            skip("it needs more than the largest entries")
        samples = [sample for sample in self.samples() if sample.task.exclusive]
        for sample in samples or skip("it is for no task with one distribution"):
            stored, logits = narrowed(sample.teacher, 2), sample.student.logits
            one = self._slope(sample, Output(logits), widened(stored, logits))
            other = self._slope(sample, Output(_reduced(logits, stored)), Output(stored.logits.float()))
            expect(
                torch.allclose(one, other, rtol=1e-3, atol=CLOSE * other.abs().max().item()),
                f"{self.who} teaches otherwise where the small entries are not told one by one.",
                why="a study may store the largest alone, and divides the rest as the student does.",
                do='declare needs={"full_distribution"}, or leave needs away: such studies are refused then.',
            )

    def _slope(self, sample: Sample, student: Output, teacher: Output) -> Tensor:
        """Return the derivative by the logits of the sample, of which the student's may be made."""
        said = replace(sample, student=student, teacher=teacher)
        return torch.autograd.grad(compute(self.term(said), said), sample.student.logits)[0]

    def _with_mask(self, sample: Sample) -> float:
        """Return the loss; a loss that does not ask for the mask is not for tokens."""
        _READ.clear()
        try:
            term = self._loss.build(sample.task, sample.student, sample.teacher)
            found = compute(term, sample).item()
        except Exception:
            if _READ:
                raise
        if not _READ:
            expect(
                "tokens" not in self._loss.tasks,
                f"{self.who} is declared for tokens and does not ask which of them count.",
                why="a study of texts would teach padding.",
                do="take logits[batch.mask] where batch.mask is there.",
            )
            skip("it takes no mask")
        return found


class _Watched(Batch):
    """A batch that notes that its mask was asked for."""

    def __getattribute__(self, name: str) -> Any:
        if name == "mask":
            _READ.append(name)
        return super().__getattribute__(name)


def _reduced(logits: Tensor, stored: Output) -> Tensor:
    """Return the logits of the stored entries, and of all others together."""
    assert stored.support is not None  # noqa: S101  it was narrowed
    ids = stored.support.long()
    rest = logits.scatter(-1, ids, -torch.inf).logsumexp(-1, keepdim=True)
    return torch.cat((logits.gather(-1, ids), rest), -1)


def _tokens() -> Sample:
    """Return token logits, the last tokens of each row padding."""
    random = torch.Generator().manual_seed(0)
    shape = (_ROWS, _TOKENS + _PADDING, _WORDS)
    student, teacher = (Output(3 * torch.randn(shape, generator=random)) for _ in range(2))
    targets = torch.randint(_WORDS, shape[:2], generator=random)
    mask = (torch.arange(shape[1]) < _TOKENS).expand(shape[:2]).clone()
    batch = _Watched(torch.zeros(shape[:2]), targets, torch.arange(_ROWS), None, mask)
    return Sample(make_task("classification", _WORDS), leaf(student), teacher, batch)


def _cut(whole: Sample) -> Sample:
    """Return the tokens that count, without padding."""
    batch = whole.batch
    return replace(
        whole,
        student=leaf(Output(whole.student.logits[:, :_TOKENS])),
        teacher=Output(whole.teacher.logits[:, :_TOKENS]),
        batch=replace(
            batch,
            inputs=batch.inputs[:, :_TOKENS],
            targets=batch.targets[:, :_TOKENS],
            mask=torch.ones(_ROWS, _TOKENS, dtype=torch.bool),
        ),
    )


def _shouting(whole: Sample) -> Sample:
    """Return the same tokens, with padding that says something else, and loudly."""

    def loud(logits: Tensor) -> Output:
        return leaf(Output(torch.cat([logits[:, :_TOKENS], 1e4 * logits[:, _TOKENS:]], 1)))

    return replace(whole, student=loud(whole.student.logits), teacher=bare(loud(whole.teacher.logits)))


def _without(whole: Sample) -> Sample:
    """Return padding alone."""
    return replace(
        whole, batch=replace(whole.batch, mask=torch.zeros(whole.batch.targets.shape, dtype=torch.bool))
    )
