"""What a plugin says whose files pip does not bring."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from kdorch.errors import DataError
from kdorch.fetching import directory
from kdorch.fetching.checksums import differences
from kdorch.fetching.sources import Source
from kdorch.spec import Spec
from kdorch.teaching.store import digest


class Fetched(Spec):
    """Beside a kind of plugin: its files are fetched by ``kdorch data fetch``, and by no study.

    Class attributes:
        source: The package that holds them.

    Attributes:
        folder: Where the files lie already; by default, they are in the data directory.
    """

    source: ClassVar[Source]

    folder: Path | None = None

    def __init_subclass__(cls, **facts: Any) -> None:
        super().__init_subclass__(**facts)
        if not isinstance(getattr(cls, "source", None), Source):
            raise TypeError(f"{cls.__name__}: write source = kdorch.Npm(...), or one of the other packages")

    def fetched(self) -> Path:
        """Return the folder in which the files are, as ``source`` names them; their checksums are right.

        Raises:
            DataError: If they are not there.
        """
        absent = self.absent()
        if absent:
            raise DataError(f"{self.kind} {self.name!r}: {absent}")
        return self.folder or directory.place(self.source)

    def absent(self) -> str:
        """Return why the files cannot be used, and what to do; empty if they can."""
        from rich.filesize import decimal

        if self.folder is not None:
            there = self.folder.is_dir()
            wrong = differences(self.folder, self.source.files) if there else "there is no such folder"
            return f"{self.folder} does not hold the files of {self.name!r}: {wrong}." if wrong else ""
        fetch = f"`kdorch data fetch {self.name}` brings them"
        here = directory.find(self.source)
        if here is None:
            size = decimal(self.source.size)
            return f"the files are not in {directory.home()}. {fetch}, about {size}."
        damage = directory.damage(here, self.source)
        return f"{here.folder} {damage}. {fetch} again." if damage else ""

    def complaints(self) -> dict[str, str]:
        """Return what is wrong with the files."""
        absent = self.absent()
        return {"folder" if self.folder else "": absent} if absent else {}

    def named_files(self) -> dict[str, Path]:
        """Return the folder, too: where it is does not matter, as its content is known."""
        return super().named_files() | ({"folder": self.folder} if self.folder else {})

    def fingerprint(self) -> str:
        """Return a digest of the checksums, wherever the files are."""
        others = self.model_copy(update={"folder": None})
        return digest(dict(self.source.files)) + super(Fetched, others).fingerprint()
