"""Checks on how a teacher is made ready."""

from __future__ import annotations

import torch

from kdorch.execution.drift import changes, current_state
from kdorch.kinds import Student
from kdorch.testing.says import expect
from kdorch.testing.teachers.base import TeacherChecks


class ReadyingChecks(TeacherChecks):
    """What `fit` does and returns."""

    def test_follows_the_seed(self) -> None:
        """Made ready again with the same seed, it says the same, bit for bit."""
        torch.manual_seed(1234)  # where another process might stand
        other, task, batch = self.fitted(), self.ready.classroom.task, self.heard()
        with torch.no_grad():
            again = other.teacher.build(task, other.state)(batch).logits
        expect(
            torch.equal(self.answering()(self.batch()).logits, again),
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
        self._teacher.settled(classroom).fit(classroom)
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
        found = self._teacher.homework()
        wanted = {"epochs", "batch", "lr"}
        right = all(isinstance(network, Student) and set(how) == wanted for network, how in found)
        expect(
            right,
            f"{self.who}: homework() is {found!r}.",
            why="how long a study will take is estimated from it.",
            do='return [(network, {"epochs": ..., "batch": ..., "lr": ...})], or nothing.',
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
        before = current_state()
        self.fitted()
        self.answering()(self.batch())
        changed = changes(before)
        expect(
            not changed,
            f"{self.who} changes {', '.join(changed)}.",
            why="trials run in the same process afterwards.",
            do="put settings back; torch.no_grad() is a context, set_grad_enabled() is not.",
        )
