"""Checks on how a teacher is made ready."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from kdorch.kinds import Student
from kdorch.testing.process import seed, watched
from kdorch.testing.says import expect, skip
from kdorch.testing.teachers.base import TeacherChecks, close, fit


class ReadyingChecks(TeacherChecks):
    """What `fit` does and returns."""

    def test_follows_the_seed(self) -> None:
        """Made ready again with the same seed, it says the same."""
        torch.manual_seed(1234)  # where another process might stand
        other, task, batch = self.fitted(), self.ready.classroom.task, self.heard()
        with torch.no_grad():
            again = other.teacher.build(task, other.state)(batch).logits
        expect(
            close(self.answering()(self.batch()).logits, again),
            f"{self.who}: made ready again with the same seed, it is another one.",
            why="a study that is run again has to have the same teacher.",
            do="use lessons.fit(...), or seed your own generators with lessons.seed.",
        )

    def test_fit_modifies_no_rows(self) -> None:
        """Training and validation rows are the same after `fit`."""
        classroom = self.classroom()
        batches = classroom.train, classroom.validation
        before = [batch.inputs.clone() for batch in batches]
        targets = [batch.targets.clone() for batch in batches]
        fit(self._teacher.settled(classroom), classroom)
        same = all(
            torch.equal(batch.inputs, inputs) and torch.equal(batch.targets, labels)
            for batch, inputs, labels in zip(batches, before, targets, strict=True)
        )
        expect(
            same,
            f"{self.who}: `fit` modifies the rows in place.",
            why="what it sees later is not what it learnt from.",
            do="write x = x / 2 in place of x /= 2, and use no method that ends in _ on lessons.train.",
        )

    def test_ignores_labels_that_are_not_there(self) -> None:
        """Of rows without a label it takes no heed of the number that fills the label's place."""
        classroom = self.classroom()
        targets = classroom.train.targets
        low, high = (self._taught(filler) for filler in (targets.amin(0), targets.amax(0)))
        expect(
            close(low, high),
            f"{self.who}: rows without a label teach it, by the numbers that stand in place of their labels.",
            why="data with missing labels would make it worse, in silence.",
            do="learn from lessons.train.targets[lessons.train.labelled] where labelled is not None.",
        )

    def _taught(self, filler: Tensor) -> Tensor:
        """Return what it says when every other training row has no label, but this in its place."""
        classroom = self.classroom()
        train = classroom.train
        labelled = torch.arange(len(train.rows)) % 2 == 0
        known = labelled.reshape(-1, *[1] * (train.targets.dim() - 1))
        targets = torch.where(known, train.targets, filler)
        classroom.train = replace(train, targets=targets, labelled=labelled)
        seed(0)  # one that draws from anywhere is for another check to find
        teacher = self._teacher.settled(classroom)
        answer = teacher.build(classroom.task, fit(teacher, classroom))
        with torch.no_grad():
            return answer(self.heard()).logits

    def test_state_is_kept_as_it_is(self) -> None:
        """Its state are tensors that safetensors stores, and building from them does not change them."""
        stored = self.stored()
        before = {name: tensor.clone() for name, tensor in stored.items()}
        self.ready.teacher.build(self.ready.classroom.task, stored)(self.heard())
        expect(
            all(torch.equal(stored[name], before[name]) for name in before),
            f"{self.who}: `build`, or an answer, modifies the stored state.",
            why="it is built from the state again for the test rows; it would be another teacher.",
            do="load_state_dict copies; where tensors are used directly, change none in place.",
        )

    def test_says_what_it_trains(self) -> None:
        """`homework` names each network it trains, with epochs, batch and learning rate."""
        found, wanted = self._teacher.homework(), {"epochs", "batch", "lr"}
        right = all(isinstance(network, Student) and set(how) == wanted for network, how in found)
        planned = sum(how.get("epochs", 0) for _, how in found)
        trained = self.ready.classroom.diary.epochs_trained
        expect(
            right and planned == trained,
            f"{self.who}: homework() is {found!r}; `fit` trained for {trained} epochs.",
            why="how long a study will take is estimated from it.",
            do='return (network, {"epochs": ..., "batch": ..., "lr": ...}) for each lessons.fit(...), or ().',
        )

    def test_counts_its_parameters(self) -> None:
        """`parameters` is a whole number, 0 where nobody knows."""
        found = self.ready.teacher.parameters(self.ready.classroom.task, self.stored())
        expect(
            isinstance(found, int) and not isinstance(found, bool) and found >= 0,
            f"{self.who} has {found!r} parameters.",
            why="students' sizes are told as shares of it.",
            do="return sum(parameter.numel() for parameter in network.parameters()), or 0.",
        )

    def test_leaves_the_process_as_it_was(self) -> None:
        """Making it ready and asking it changes no global setting."""
        classroom, batch = self.classroom(), self.heard()
        with watched() as changed:
            teacher = self._teacher.settled(classroom)
            teacher.build(classroom.task, teacher.fit(classroom))(batch)
        expect(
            not changed,
            f"{self.who} changes {', '.join(changed)}.",
            why="trials run in the same process afterwards.",
            do="put settings back; torch.no_grad() is a context, set_grad_enabled() is not.",
        )

    def test_folds_are_sound(self) -> None:
        """`folds` is 0, or at least 2; then `fit` learns from the rows that it is shown alone."""
        count = self._teacher.folds()
        why = "a fold's rows are answered by a teacher who has not seen them."
        expect(
            isinstance(count, int) and (count == 0 or count > 1),
            f"{self.who}: folds() is {count!r}.",
            why=why,
            do="return 0, or how many parts the training rows are divided into: 2 or more.",
        )
        if not count:
            skip("it asks for no folds")
        classroom = self.classroom()
        shown = torch.arange(len(classroom.train.rows) // 2)
        teacher = self._teacher.settled(classroom)
        half, whole = fit(teacher, classroom.showing(shown)), self.ready.state
        expect(
            any(not torch.equal(half[name], whole[name]) for name in half.keys() & whole.keys()),
            f"{self.who}: shown half of the training rows, it learns the same as from all of them.",
            why=why,
            do="learn from lessons.train, lessons.fit and lessons.ids alone.",
        )

    def test_recalls_by_fields_it_has(self) -> None:
        """The names in `recalled` are fields of it."""
        strange = sorted(self._teacher.recalled - type(self._teacher).model_fields.keys())
        expect(
            not strange,
            f"{self.who}: recalled names {strange[:1]}, which is no field of it.",
            why="a study searches those fields alone; this one never acts.",
            do="write names of fields: recalled: ClassVar[frozenset[str]] = frozenset({'weights'}).",
        )
