"""Checks on how a student is built, and on what its network answers."""

from __future__ import annotations

import torch

from kdorch.testing.process import watched
from kdorch.testing.says import expect
from kdorch.testing.students.base import SIZES, StudentChecks, close, tensors


class BuildingChecks(StudentChecks):
    """What comes out of `build`."""

    def test_builds_for_every_task(self) -> None:
        """It answers (rows, *output_shape) for each task that it is declared for."""
        for task in self.tasks():
            self.built(task=task)

    def test_builds_at_both_ends_of_its_ranges(self) -> None:
        """With each field at either end of its range, or at each option, it builds and answers."""
        for field, value in self.ends():
            self.built(student=self.again(**{field: value}))

    def test_answers_any_number_of_rows(self) -> None:
        """Batches of 1, 2 and 7 rows get as many answers."""
        network, wanted = self.built(), self.task.output_shape
        for rows in SIZES:
            shape = tuple(self.ask(network, self.inputs(rows)).logits.shape)
            expect(
                shape == (rows, *wanted),
                f"{self.who} answers {rows} rows with shape {shape}, not {(rows, *wanted)}.",
                why="the last batch of an epoch is smaller, and a shipped model is asked about single rows.",
                do="look for squeeze() and reshapes to a fixed size; flatten(1) keeps the rows.",
            )

    def test_answers_finite_single_precision(self) -> None:
        """Its logits are float32 and finite."""
        found = self.ask(self.built(), self.inputs(7)).logits
        expect(
            found.dtype == torch.float32 and torch.isfinite(found).all(),
            f"{self.who} answers {found.dtype}, {int((~torch.isfinite(found)).sum())} of them not finite.",
            why="losses compare them with the teacher's, which are float32.",
            do="initialise weights with torch's own layers, and cast the logits with .float() at the end.",
        )

    def test_rows_do_not_mix(self) -> None:
        """In evaluation mode the answer to a row does not depend on the rows beside it."""
        network, inputs = self.built(), self.inputs(7)
        together = self.ask(network, inputs).logits
        apart = torch.cat([self.ask(network, rows).logits for rows in inputs.split(4)])
        expect(
            close(together, apart),
            f"{self.who} answers a row differently when others share its batch.",
            why="its scores would depend on batches, and the shipped model would answer otherwise.",
            do="normalise over features, or with BatchNorm in evaluation mode; never over the batch.",
        )

    def test_answers_the_same_twice(self) -> None:
        """In evaluation mode the same rows get the same answer."""
        network, inputs = self.built(), self.inputs(7)
        one, other = (self.ask(network, inputs).logits for _ in range(2))
        expect(
            torch.equal(one, other),
            f"{self.who} answers the same rows differently in evaluation mode.",
            why="no score of it would be repeatable.",
            do="use nn.Dropout, or F.dropout(x, training=self.training), and draw nothing in forward.",
        )

    def test_follows_the_seed(self) -> None:
        """The same seed gives the same weights, bit for bit."""
        one, other = (tensors(self.built(3)) for _ in range(2))
        expect(
            one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one),
            f"{self.who}: two networks built after the same seed differ.",
            why="a study that is run again has to come to the same students.",
            do="draw weights from torch's global generator, which the core seeds before `build`.",
        )

    def test_other_seeds_give_other_weights(self) -> None:
        """Another seed gives other weights."""
        one, other = tensors(self.built(3)), tensors(self.built(4))
        expect(
            any(not torch.equal(one[name], other[name]) for name in one.keys() & other.keys()) or not one,
            f"{self.who}: the seed changes nothing.",
            why="the best students are confirmed on fresh seeds; five copies of one number prove nothing.",
            do="set no seed of your own in `build`.",
        )

    def test_networks_share_nothing(self) -> None:
        """Two networks share no tensor, and `build` leaves the student as it was."""
        before = self._student.model_dump()
        one, other = tensors(self.built()), tensors(self.built())
        shared = [
            name for name in one if one[name].numel() and one[name].data_ptr() == other[name].data_ptr()
        ]
        expect(
            not shared and self._student.model_dump() == before,
            f"{self.who}: two networks share {shared[:1]}, or the student was changed by `build`.",
            why="trials run one after the other in one process: the second would not begin afresh.",
            do="make all layers anew in each `build`.",
        )

    def test_leaves_the_process_as_it_was(self) -> None:
        """It changes no global setting, and answering in evaluation mode draws no random numbers."""
        inputs = self.inputs(2)
        with watched() as changed:
            network = self._student.build(self.task).eval()
            self.ask(network, inputs)
            with watched(draws=True) as drawn:
                self.ask(network, inputs)
        changed += drawn
        expect(
            not changed,
            f"{self.who} changes {', '.join(changed)}.",
            why="the next trial runs in the same process, and would differ by who was there before.",
            do="put settings back, and pass dtype=... to layers in place of setting a default.",
        )

    def test_modifies_no_inputs(self) -> None:
        """The rows are the same afterwards."""
        network, inputs = self.built(), self.inputs(7)
        before = inputs.clone()
        self.ask(network, inputs)
        expect(
            torch.equal(inputs, before),
            f"{self.who} modifies its inputs in place.",
            why="rows are held in memory and shared by all epochs; they would drift.",
            do="let no inplace=True layer, and no method that ends in _, come first.",
        )
