"""Checks on the rows of a dataset."""

from __future__ import annotations

import ast

import numpy as np
import torch

from kdorch.kinds import Columns
from kdorch.teaching.cautions import strangeness
from kdorch.testing.datasets.base import DatasetChecks
from kdorch.testing.process import watched
from kdorch.testing.says import expect, explained

_COLUMNS = ("inputs", "targets", "rows", "labelled", "parts", "groups", "times")


class RowChecks(DatasetChecks):
    """What `load` returns."""

    def test_columns_are_of_one_length(self) -> None:
        """There are rows, and as many in each column."""
        lengths = {name: len(column) for name, column in _present(self.columns)}
        expect(
            len(set(lengths.values())) == 1 and lengths["inputs"],
            f"{self.who}: its columns have {lengths} rows.",
            why="a row's label is found by its position.",
            do="fill every column of kdorch.Columns for every row; mark rows without a label in `labelled`.",
        )

    def test_row_ids_are_unique(self) -> None:
        """Each row has an id of its own, a whole number."""
        rows = self.columns.rows
        if rows is None:
            return  # their order, which is unique
        expect(
            rows.dtype.kind in "iu" and len(np.unique(rows)) == len(rows),
            f"{self.who}: row ids are {rows.dtype}, {len(rows) - len(np.unique(rows))} of them repeated.",
            why="the teacher's answers are joined to rows by their ids.",
            do="return int64 ids, one for each row, that the source keeps for ever.",
        )

    def test_usage_ends_with_encode(self) -> None:
        """What a model card prints is Python that defines a function encode, and then does nothing more."""
        if not self.columns.usage:
            return
        why, do = "it is imported from beside the model.", "end it with def encode(...), and call it nowhere."
        with explained(f"{self.who}: usage is not Python", why=why, do=do):
            last = ast.parse(self.columns.usage).body[-1]
        expect(
            isinstance(last, ast.FunctionDef) and last.name == "encode",
            f"{self.who}: usage does not end with a function encode.",
            why=why,
            do=do,
        )

    def test_loads_the_same_twice(self) -> None:
        """Loaded again, ids, inputs and labels are the same, in the same order."""
        again = dict(_present(self.load()))
        changed = [
            name
            for name, column in _present(self.columns)
            if name not in again or not _same(np.asarray(column), np.asarray(again[name]))
        ]
        expect(
            not changed,
            f"{self.who}: {', '.join(changed)} differ when it is loaded again.",
            why="the stored teacher's answers, and a study that is continued, belong to those rows.",
            do="sort what a directory or a set returns, and shuffle with a fixed seed or not at all.",
        )

    def test_comes_with_the_task_it_declares(self) -> None:
        """The task of its columns is the one that its class is declared for."""
        found, declared = self.columns.task.name, self._dataset.task_name()
        expect(
            found == declared,
            f"{self.who} is declared for {declared!r}, but its columns are for {found!r}.",
            why="a study is checked against the declared task, before anything is loaded.",
            do=f'write tasks={{"{found}"}} on its class, or override task_name().',
        )

    def test_targets_fit_the_task(self) -> None:
        """Labels are numbers of the shape and range that the task takes, and finite."""
        known = self.columns.targets
        if self.columns.labelled is not None:
            known = known[self.columns.labelled]
        complaint = self.columns.task.complaint(known)
        if not complaint and known.dtype.kind == "f" and not np.isfinite(known).all():
            complaint = "targets contain NaN or infinity."
        expect(
            not complaint,
            f"{self.who}: {complaint}",
            why="the loss compares logits with them, output by output.",
            do="encode labels as positions in task.labels; mark rows without a label in `labelled`.",
        )

    def test_every_class_is_in_every_split(self) -> None:
        """Divided as the core does, each split has rows of each class."""
        missing = [text for text in strangeness(self.columns, self.parts) if "has no row of" in text]
        expect(
            not missing,
            f"{self.who}: {' '.join(missing)}",
            why="of a class that no test row has, nothing can be said.",
            do="leave out classes without rows, or offer other `parts`, `groups` or `times`.",
        )

    def test_splits_have_no_row_in_common(self) -> None:
        """Validation and test rows are not copies of training rows."""
        twins = [text for text in strangeness(self.columns, self.parts) if "have the inputs of a" in text]
        expect(
            not twins,
            f"{self.who}: {' '.join(twins)}",
            why="a network that remembers would look like one that has understood.",
            do="drop copies before rows are divided, or keep them together with `groups`.",
        )

    def test_leaves_the_process_as_it_was(self) -> None:
        """Loading changes no global setting, and draws no random numbers from the global generators."""
        torch.rand(1)  # away from where a seed that the source sets would leave it
        np.random.random()
        with watched(draws=True) as changed:
            self.load()
        expect(
            not changed,
            f"{self.who} changes {', '.join(changed)}.",
            why="what runs next in the process would depend on whether the rows were in the store already.",
            do="use np.random.default_rng(seed) or torch.Generator() of your own.",
        )


def _present(columns: Columns) -> list[tuple[str, np.ndarray]]:
    return [(name, getattr(columns, name)) for name in _COLUMNS if getattr(columns, name) is not None]


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
