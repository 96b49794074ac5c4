"""The dataset ``files``: what a study says of your own data."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, PrivateAttr

import kdorch

if TYPE_CHECKING:
    from torch import Tensor, nn

Side = Annotated[int, Field(ge=1)]
Size = tuple[Side, Side]
Channels = Literal["grey", "rgb"]


class Files(kdorch.Dataset, name="files", tasks={"classification", "multilabel", "regression"}):
    """Your own data: a table, arrays, or images.

    A table is ``.csv``, ``.tsv`` or ``.parquet``; arrays are ``.npz`` (inputs and labels by name) or
    ``.npy``; images lie in a folder with one sub-folder for each class, or are listed in a table.
    ``kdorch study new`` looks at the data and writes all this.

    Attributes:
        path: The file or folder; in a study file, from where that lies.
        task: What is learnt: ``classification``, ``multilabel`` or ``regression``.
        target: The column (in an ``.npz``, the array) to predict, or several columns.
        features: Columns to learn from, all others by default; in an ``.npz`` the array of the inputs.
        ignore: Columns that are left out.
        categories: Columns that hold categories although they look like numbers, such as codes.
        missing: ``impute`` takes the mean for a number and no category for a category, and tells the network
            so; ``refuse`` stops at missing cells.
        split: The column that says ``train``, ``validation`` or ``test``.
        group: The column whose equal values stay in one split, as a patient's.
        time: The column by which the newest rows become the test: numbers, or dates as in 2026-01-31.
        id: The column that identifies a row; the position in the file by default.
        image: The column with paths of images, from where the table lies.
        size: Height and width that images are scaled to; needed if they differ.
        channels: ``rgb`` or ``grey``.
        labels: The ``.npy`` file with the labels of another.
    """

    path: Path
    task: Literal["classification", "multilabel", "regression"] = "classification"
    target: str | tuple[str, ...] | None = None
    features: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    missing: Literal["impute", "refuse"] = "impute"
    split: str | None = None
    group: str | None = None
    time: str | None = None
    id: str | None = None
    image: str | None = None
    size: Size | None = None
    channels: Channels = "rgb"
    labels: Path | None = None
    _coded: tuple[int, ...] = PrivateAttr(())  # columns of categories, known once the rows were loaded

    @property
    def targets_named(self) -> tuple[str, ...]:
        """Return the target as a tuple of names."""
        return (self.target,) if isinstance(self.target, str) else (self.target or ())

    def task_name(self) -> str:
        """Return the task."""
        return self.task

    def complaints(self) -> dict[str, str]:
        """Return what names and headers tell to be wrong."""
        from kdorch.builtin.files.checking import complaints

        return complaints(self)

    def named_files(self) -> dict[str, Path]:
        """Return the files, and the folder of images, that are there."""
        folder = {"path": self.path} if self.path.is_dir() else {}
        return super().named_files() | folder

    def fingerprint(self) -> str:
        """Return a digest of the files; of a folder, of names and sizes: pixels are compared later."""
        if not self.path.is_dir():
            return super().fingerprint()
        files = sorted(each for each in self.path.rglob("*") if each.is_file())
        listing = [f"{each.relative_to(self.path).as_posix()} {each.stat().st_size}" for each in files]
        return sha256("\n".join(listing).encode()).hexdigest()

    def load(self) -> kdorch.Columns:
        """Return the rows.

        Raises:
            DataError: With what is wrong, where, and what to do.
        """
        wrong = self.complaints()
        if wrong:
            raise kdorch.DataError("\n".join(f"data.{field}: {what}" for field, what in wrong.items()))
        from kdorch.builtin.files import arrays, images, table
        from kdorch.builtin.files.checking import form

        load = {"table": table.load, "folder": images.load}.get(form(self.path), arrays.load)
        found = load(self)
        kinds = [column["type"] for column in found.legend]
        self._coded = tuple(position for position, kind in enumerate(kinds) if kind == "category")
        return found

    def preprocess(self, inputs: Tensor) -> nn.Module:
        """Return the arithmetic for a table or for images.

        Which columns hold codes is known from loading; without, it is in the state that is put in place of
        what is fitted here.
        """
        from kdorch.builtin.files.preparing import Grid, Tabular

        is_table = inputs.ndim == 2  # noqa: PLR2004  rows, columns
        return Tabular(inputs, self._coded) if is_table else Grid(inputs)
