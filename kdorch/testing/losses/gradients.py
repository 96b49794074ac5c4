"""Checks on the gradient of a loss, and on its trainable parts."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from kdorch.kinds import Term
from kdorch.testing.losses.base import CLOSE, LossChecks, compute, detached, gradient
from kdorch.testing.samples import Sample
from kdorch.testing.says import expect, explained, skip

_TEMPERATURES = 20.0, 40.0  # so high that a softmax is nearly a straight line


class GradientChecks(LossChecks):
    """What is learnt from a loss."""

    def test_gradient_reaches_the_student(self) -> None:
        """The student's logits or features get a finite gradient that is not 0."""
        for sample in self.samples():
            found = gradient(self.term(sample), sample)
            expect(
                found.any() and torch.isfinite(found).all(),
                f"{self.who} gives the student no gradient, or one that is not finite ({sample.task.name}).",
                why="the student would learn nothing from it.",
                do="look for detach(), argmax, .item() or torch.no_grad() on the way from the student.",
            )

    def test_asks_nothing_of_the_teacher(self) -> None:
        """The teacher's outputs are read from a store: no gradient flows there, or is asked for."""
        for sample in self.samples():
            value = compute(self.term(sample), sample)
            told = [sample.teacher.logits, *sample.teacher.features.values()]
            wanted = any(tensor.requires_grad for tensor in told)
            reached = any(any(leaf is tensor for tensor in told) for leaf in _leaves(value))
            expect(
                not wanted and not reached,
                f"{self.who} asks for a gradient of the teacher's outputs.",
                why="they are stored once and shared by every trial; nothing may learn there.",
                do="leave out requires_grad_() on what the teacher says.",
            )

    def test_every_part_learns(self) -> None:
        """Every trainable parameter that it brings along gets a finite gradient."""
        for sample in self.samples():
            term = self._part(sample)
            compute(term, sample).backward()
            idle = [
                name for name, part in term.named_parameters() if part.requires_grad and part.grad is None
            ]
            expect(
                not idle,
                f"{self.who}: its parameter {idle[:1]} gets no gradient.",
                why="it keeps its random value for ever, and what it is for does not work.",
                do="use it on the way to the loss, without detach(), or make it a buffer.",
            )

    def test_parts_reach_the_optimiser(self) -> None:
        """Whatever it would learn is among the parameters of the module that `build` returns."""
        for sample in self.samples():
            term = self.term(sample)
            told = [sample.teacher.logits, *sample.teacher.features.values()]
            known = [*sample.leaves(), *told, *(term.parameters() if isinstance(term, nn.Module) else ())]
            lost = [
                leaf for leaf in _leaves(compute(term, sample)) if not any(leaf is each for each in known)
            ]
            expect(
                not lost,
                f"{self.who} trains {len(lost)} tensors that no optimiser knows.",
                why="only parameters of the module that `build` returns join the optimiser.",
                do="return a torch.nn.Module from `build`, with layers as attributes or in a ModuleList.",
            )

    def test_parts_follow_the_seed(self) -> None:
        """The same seed makes the same trainable parts."""
        for sample in self.samples():
            first, second = (self._part(sample).state_dict() for _ in range(2))
            expect(
                all(torch.equal(first[name], second[name]) for name in first),
                f"{self.who}: parts built after the same seed differ.",
                why="a study that is run again has to come to the same numbers.",
                do="draw from torch's global generator, which the core seeds before `build`.",
            )

    def test_parts_belong_to_one_trial(self) -> None:
        """Two trials share no tensor, and `build` leaves the loss as it was."""
        for sample in self.samples():
            before = self._loss.model_dump()
            first, second = self._part(sample), self._part(sample)
            storages = [{tensor.data_ptr() for tensor in _held(term)} for term in (first, second)]
            expect(
                not storages[0] & storages[1] and self._loss.model_dump() == before,
                f"{self.who}: what `build` returns for one trial is used by the next.",
                why="trials run one after the other in one process: the second would not begin afresh.",
                do="make parts anew in each `build`, and keep none on the class or in the module.",
            )

    def test_parts_can_be_copied(self) -> None:
        """A deep copy of its parts says the same."""
        for sample in self.samples():
            term = self._part(sample)
            why, do = (
                "best weights are kept, and given back, as copies.",
                "hold no lambda or open graph in the module.",
            )
            with explained(f"{self.who} cannot be copied", why=why, do=do):
                copy = deepcopy(term)
            one, other = compute(term, sample).item(), compute(copy, sample).item()
            expect(
                abs(one - other) <= CLOSE * abs(one),
                f"{self.who} gives {one:g}, its copy {other:g}.",
                why=why,
                do=do,
            )

    def test_works_in_both_modes(self) -> None:
        """Its parts work in training and in evaluation mode."""
        for sample in self.samples():
            term = self._part(sample)
            for mode in (True, False):
                with explained(
                    f"{self.who} fails with train({mode})",
                    why="validation asks for the loss in evaluation mode, after every epoch.",
                    do="let what is counted or averaged while training have a value before.",
                ):
                    found = compute(term.train(mode), sample)
                expect(
                    torch.isfinite(found),
                    f"{self.who} is {found} with train({mode}).",
                    why="validation asks for the loss in evaluation mode, after every epoch.",
                    do="let what is counted or averaged while training have a value before.",
                )

    def _part(self, sample: Sample) -> Any:
        term = self.term(sample)
        if not isinstance(term, nn.Module):
            skip("it has no trainable parts")
        return term

    def test_can_be_measured_without_gradients(self) -> None:
        """Under torch.no_grad() its value is the same."""
        for sample in self.samples():
            term = self.term(sample)
            why = "validation computes it so."
            do = "use no torch.autograd.grad inside; where you must, open torch.enable_grad() around it."
            with explained(f"{self.who} fails under torch.no_grad()", why=why, do=do), torch.no_grad():
                value = compute(term, sample).item()
            with_graph = compute(term, sample).item()
            expect(
                abs(value - with_graph) <= CLOSE * abs(value),
                f"{self.who} is {with_graph:g}, and {value:g} under torch.no_grad().",
                why=why,
                do=do,
            )

    def test_closed_form_is_its_gradient(self) -> None:
        """Its `gradient` is what autograd finds in double precision, also where labels are missing."""
        offered = False
        for sample in self.samples(dtype=torch.float64):
            half = replace(sample.batch, labelled=torch.arange(len(sample.batch.rows)) % 2 == 0)
            for case in (sample, replace(sample, batch=half)):
                term = self.term(case)
                closed = _closed_form(term, case)
                if closed is None:
                    continue
                offered = True
                (wanted,) = torch.autograd.grad(compute(term, case), [case.student.logits])
                expect(
                    closed.shape == wanted.shape and torch.allclose(closed, wanted, rtol=1e-6, atol=1e-10),
                    f"{self.who}: its `gradient` is not the derivative of its value ({case.task.name}).",
                    why="the loop steps along `gradient`, and shows the value: they would tell two stories.",
                    do="derive it again, with the mean over rows, or leave `gradient` to autograd.",
                )
        if not offered:
            skip("it offers no closed form")

    def test_temperature_leaves_the_size_of_gradients(self) -> None:
        """A higher temperature does not make its gradients vanish: they are scaled by its square."""
        if "temperature" not in type(self._loss).model_fields:
            skip("it has no field temperature")
        for sample in self.samples():
            sizes = []
            for temperature in _TEMPERATURES:
                warm = self._loss.model_copy(update={"temperature": temperature})
                sizes.append(gradient(self.term(sample, warm), sample).norm().item())
            expect(
                sizes[1] > 0.75 * sizes[0],
                f"{self.who}: when the temperature goes from {_TEMPERATURES[0]:g} to {_TEMPERATURES[1]:g}, "
                f"its gradients shrink to {sizes[1] / max(sizes[0], 1e-30):.0%}.",
                why="a search over temperatures would search over learning rates in disguise.",
                do="multiply by temperature ** 2, as Hinton et al. do.",
            )


def _closed_form(term: Term, sample: Sample) -> Tensor | None:
    if not hasattr(term, "gradient"):
        return None
    found: Tensor | None = term.gradient(detached(sample.student), sample.teacher, sample.batch)
    return found


def _leaves(value: Tensor) -> Iterator[Tensor]:
    """Yield the tensors that a gradient of the value would be added to."""
    seen, waiting = set(), [value.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            yield node.variable
        waiting += [before for before, _ in node.next_functions]


def _held(module: nn.Module) -> Iterator[Tensor]:
    yield from module.parameters()
    yield from module.buffers()
