"""Checks on what a teacher says."""

from __future__ import annotations

import torch

from kdorch.kinds import Output
from kdorch.testing.samples import bare, chosen
from kdorch.testing.says import expect, skip
from kdorch.testing.teachers.base import TeacherChecks, close, fit


class AnsweringChecks(TeacherChecks):
    """What comes out of `build`."""

    def test_answers_a_line_of_numbers_for_each_row(self) -> None:
        """It answers an Output with logits (rows, *output_shape), floating-point."""
        wanted = self.ready.classroom.task.output_shape
        for rows in (1, 2, 7):
            found = getattr(self.answering()(self.batch(rows)), "logits", None)
            shape = tuple(found.shape) if isinstance(found, torch.Tensor) else None
            expect(
                shape == (rows, *wanted) and found.is_floating_point(),  # type: ignore[union-attr]
                f"{self.who} answers {rows} rows with {type(found).__name__} of shape {shape}, not floats of "
                f"shape {(rows, *wanted)}.",
                why="its answers are stored row by row, and compared with the student's logits.",
                do="return kdorch.Output(logits).",
            )

    def test_answers_finite_numbers(self) -> None:
        """No answer to a training or validation row is NaN or infinite."""
        answer = self.answering()
        for batch in self.splits():
            bad = ~torch.isfinite(answer(batch).logits).all(-1)
            expect(
                not bad.any(),
                f"{self.who} answers NaN or infinity for {int(bad.sum())} of {len(bad)} rows.",
                why="one such answer spoils every student.",
                do="turn probabilities into logits with torch.log(p.clamp(min=1e-7)), not with log(p).",
            )

    def test_answers_logits(self) -> None:
        """It answers logits, not probabilities."""
        task = self.ready.classroom.task
        if task.name != "classification":
            skip("only of classes it shows")
        found = self.answering()(self.splits()[1]).logits
        sums = found.sum(-1)
        expect(
            not ((found >= 0).all() and torch.allclose(sums, torch.ones_like(sums), atol=1e-3)),
            f"{self.who}: its answers to each row are positive and add up to 1, as probabilities do.",
            why="losses take the softmax themselves; of probabilities it is nearly uniform.",
            do="leave out the softmax, or return their logarithm: probabilities.clamp(min=1e-7).log().",
        )

    def test_answers_the_same_twice(self) -> None:
        """Asked again, also after other rows, it says the same, bit for bit."""
        answer, batch, other = self.answering(), self.batch(), self.batch(7, start=7)
        first = answer(batch).logits
        answer(other)
        expect(
            torch.equal(first, answer(batch).logits),
            f"{self.who} says something else when it is asked again.",
            why="it is asked once and its answers are stored: that must be what it thinks.",
            do="call .eval(): dropout and BatchNorm of a network in training mode change with every batch.",
        )

    def test_rows_do_not_mix(self) -> None:
        """What it says of a row does not depend on the rows beside it."""
        answer, batch = self.answering(), self.batch()
        together = answer(batch).logits
        alone = torch.cat([answer(chosen(batch, slice(row, row + 1))).logits for row in range(len(together))])
        expect(
            close(together, alone),
            f"{self.who} says something else of a row when others share its batch.",
            why="its stored answers would depend on the size of a batch.",
            do="call .eval() on its network, and normalise nothing over the batch.",
        )

    def test_is_made_of_its_state_alone(self) -> None:
        """A new object, built from fields and stored state, says the same."""
        batch, classroom = self.batch(), self.classroom()
        one = self.answering()(batch).logits
        other = self.again().settled(classroom)
        fit(other, classroom.showing(torch.arange(len(classroom.train.rows) // 2)))
        expect(
            close(one, self.answering(self.again().settled(classroom))(batch).logits),
            f"{self.who}: made anew from its fields and its state, it says something else.",
            why="each process that needs it makes it anew; what `fit` kept elsewhere is not there.",
            do="keep nothing on self, on the class or in the module: return it from `fit`.",
        )

    def test_answers_without_a_graph(self) -> None:
        """Under torch.no_grad() its answers want no gradient."""
        found = self.answering()(self.batch())
        wanting = [tensor for tensor in (found.logits, *found.features.values()) if tensor.requires_grad]
        expect(
            not wanting,
            f"{self.who} answers with a graph of gradients, though asked without.",
            why="nothing is to be learnt in the teacher, and a graph for all rows fills the memory.",
            do="leave out torch.enable_grad().",
        )

    def test_modifies_no_rows(self) -> None:
        """The rows that it is asked about are the same afterwards."""
        batch = self.batch()
        before = batch.inputs.clone()
        self.answering()(batch)
        expect(
            torch.equal(batch.inputs, before),
            f"{self.who} modifies its inputs in place.",
            why="several may be asked about the same rows.",
            do="use no method that ends in _, and no inplace=True, on batch.inputs.",
        )

    def test_offers_the_features_it_has(self) -> None:
        """If it offers features, they are there: finite, rows first, the same names in every answer."""
        if "features" not in self._teacher.offers():
            skip("it offers no features")
        answer = self.answering()
        found = [(rows, answer(self.batch(rows)).features) for rows in (1, 7)]
        wrong = [
            name
            for rows, features in found
            for name, value in features.items()
            if len(value) != rows or not torch.isfinite(value).all()
        ]
        names = {tuple(features) for _, features in found}
        expect(
            len(names) == 1 and names != {()} and not wrong,
            f"{self.who} offers features, and answers {sorted(names)}; bad ones: {wrong}.",
            why="a loss on features finds them by name and compares them row by row.",
            do='return kdorch.Output(logits, {"late": ...}), or offer no features.',
        )

    def test_keeps_features_it_has(self) -> None:
        """The features that it `keeps` are in its answers."""
        found = self.answering()(self.batch()).features
        absent = sorted(self.ready.teacher.keeps() - found.keys())
        expect(
            not absent,
            f"{self.who} keeps {absent}, and answers the features {sorted(found)}.",
            why="they are stored with its logits, for `recall` in each trial.",
            do="answer them in kdorch.Output(logits, features), or name others in keeps().",
        )

    def test_recalls_without_a_change(self) -> None:
        """`recall` answers an Output of the same shape, and leaves what was stored as it was."""
        told = self.answering()(self.batch())
        names = self.ready.teacher.keeps() & told.features.keys()
        kept = Output(told.logits, {name: told.features[name] for name in names})
        before = bare(kept)
        found = self.ready.teacher.recall(self.ready.classroom.task, kept)
        same = torch.equal(kept.logits, before.logits) and all(
            torch.equal(value, before.features[name]) for name, value in kept.features.items()
        )
        expect(
            same and isinstance(found, Output) and found.logits.shape == before.logits.shape,
            f"{self.who}: recall changes what was stored, or answers no Output of its shape.",
            why="what is stored is held in memory, and recalled by each trial anew.",
            do="return a new kdorch.Output; write x = x + y in place of x += y.",
        )
