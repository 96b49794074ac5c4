"""Checks on the arithmetic from raw rows to what networks take."""

from __future__ import annotations

import torch
from safetensors.torch import load, save

from kdorch.testing.datasets.base import DatasetChecks
from kdorch.testing.exporting import exported
from kdorch.testing.says import expect, explained
from kdorch.training.weights import storable

_SIZES = (1, 2, 7)
_TRACED = 3
_SHIPPED = "it is a part of the shipped model, which gets raw rows."


class PreparingChecks(DatasetChecks):
    """What `preprocess` returns."""

    def test_prepares_finite_numbers(self) -> None:
        """Every row becomes finite numbers: float32, or int64 for ids."""
        module = self.preprocessing(self.raw(self.parts["train"]))
        for name, rows in self.parts.items():
            found = module(self.raw(rows))
            bad = rows[~torch.isfinite(found.flatten(1)).all(1).numpy()]
            expect(
                not len(bad) and found.dtype in {torch.float32, torch.int64},
                f"{self.who}: {name} rows become {found.dtype}, {len(bad)} of them with NaN or infinity.",
                why="one such row spoils a training; networks have float32 weights, and take ids as int64.",
                do="fill what is missing, divide by no deviation that may be 0, and end with .float().",
            )

    def test_prepares_row_by_row(self) -> None:
        """A row becomes the same whether it comes alone or among others."""
        module, raw = self.preprocessing(), self.raw()
        together, alone = module(raw), torch.cat([module(row) for row in raw.split(1)])
        expect(
            together.shape == alone.shape and torch.allclose(together, alone, rtol=1e-5, atol=1e-6),
            f"{self.who}: a row is prepared differently when others share its batch.",
            why=f"{_SHIPPED} One at a time, it would answer otherwise than it was tested.",
            do="learn means and ranges from preprocess(inputs), in buffers; in forward, use no other row.",
        )

    def test_prepares_the_same_twice(self) -> None:
        """The same rows become the same numbers again."""
        module, raw = self.preprocessing(), self.raw()
        expect(
            torch.equal(module(raw), module(raw)),
            f"{self.who}: the same rows are prepared differently the second time.",
            why="students see rows that were prepared once; the shipped model prepares them again.",
            do="draw nothing in forward; noise and crops belong to a study's `augment`.",
        )

    def test_modifies_no_raw_rows(self) -> None:
        """Raw rows are the same after they were learnt from and prepared."""
        raw = self.raw()
        before = raw.clone()
        self.preprocessing(raw)(raw)
        expect(
            torch.equal(raw, before),
            f"{self.who}: preprocess modifies the rows that it is given.",
            why="the same array is prepared, digested and shown as example afterwards.",
            do="write x = x / 2 in place of x /= 2, and use no method that ends in _.",
        )

    def test_learns_in_buffers_only(self) -> None:
        """What it learnt from training rows is in its state_dict, and nowhere else."""
        raw = self.raw()
        module, other = self.preprocessing(raw), self.preprocessing(raw[: len(raw) // 2])
        why, do = (
            f"{_SHIPPED} It is made again from a few rows, and its stored state is loaded.",
            "call register_buffer(...) for all that it learns from inputs.",
        )
        with explained(f"{self.who}: its state cannot be loaded again", why=why, do=do):
            other.load_state_dict(load(save(storable(module.state_dict()))))
        expect(
            torch.allclose(module(raw), other(raw), rtol=1e-5, atol=1e-6),
            f"{self.who}: with its stored state, preprocess gives other numbers.",
            why=why,
            do=do,
        )

    def test_has_nothing_to_train(self) -> None:
        """It has no parameters, and what it returns wants no gradient."""
        module = self.preprocessing()
        names = [name for name, _ in module.named_parameters()]
        expect(
            not names,
            f"{self.who}: preprocess has parameters ({', '.join(names[:3])}).",
            why="no optimiser ever sees them: rows are prepared once, before the first trial.",
            do="call register_buffer(...), or move what is to be learnt to the student.",
        )

    def test_can_be_exported(self) -> None:
        """torch.export takes it, for any number of rows, and the program gives the same numbers."""
        module = self.preprocessing()
        do = "let forward branch on no values, and on no number of rows; use torch only, no numpy."
        with explained(f"{self.who}: preprocess cannot be exported", why=_SHIPPED, do=do):
            program = exported(module, self.raw()[:_TRACED])
            pairs = [(program(self.raw()[:size]), module(self.raw()[:size])) for size in _SIZES]
        expect(
            all(torch.allclose(one, other, rtol=1e-5, atol=1e-6) for one, other in pairs),
            f"{self.who}: exported, preprocess gives other numbers.",
            why=_SHIPPED,
            do=do,
        )
