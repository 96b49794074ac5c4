"""Jane Austen's novels."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import kdorch
from kdorch_lm.data.blocks import Blocks

_NOVELS = (
    "Emma",
    "Mansfield Park",
    "Northanger Abbey",
    "Persuasion",
    "Pride and Prejudice",
    "Sense and Sensibility",
)
_FILE = "Rdata.rdb"
_HEADER = b"UTF-8"  # the last words of what R writes before the object itself
_LESS = 4  # of Persuasion, a quarter is enough to choose the best epoch by


class Austen(kdorch.Fetched, Blocks, name="austen", tasks={"tokens"}, reference="https://www.gutenberg.org"):
    """Six novels of Jane Austen, 4,025,022 characters.

    Trained on are Emma, Mansfield Park, Pride and Prejudice, and Sense and Sensibility. A quarter of
    Persuasion chooses the best epoch, and the test is Northanger Abbey, of which nothing else is ever read.
    """

    source = kdorch.Debian(
        "r-cran-janeaustenr",
        root="usr/lib/R/site-library/janeaustenr/data",
        files={_FILE: "8fb5198960d0da724b1562f96e4221e5c1b41ff455000280b02c55980c3d8f21"},
        size=1_626_392,
    )

    def texts(self) -> dict[str, list[str]]:
        """Return the novels."""
        novels = dict(zip(_NOVELS, _texts(self.fetched() / _FILE), strict=True))
        validation, test = novels.pop("Persuasion"), novels.pop("Northanger Abbey")
        return {
            "train": list(novels.values()),
            "validation": [validation[: len(validation) // _LESS]],
            "test": [test],
        }

    def complaints(self) -> dict[str, str]:
        """Return that the novels, or the tokenizer, are not there."""
        return {**super().complaints(), **Blocks.complaints(self)}


def _texts(file: Path) -> Iterator[str]:
    """Yield the texts of R's database of objects, each a vector of lines, in the order of their names."""
    rest = file.read_bytes()
    while rest:
        unpacking = zlib.decompressobj()
        found = unpacking.decompress(rest[4:])  # behind the length that it will have
        rest = unpacking.unused_data
        yield "\n".join(_lines(found[found.index(_HEADER) + len(_HEADER) :]))


def _lines(vector: bytes) -> Iterator[str]:
    """Yield the elements of a vector of strings: its type and length, and for each its flags and length."""
    place = 8
    for _ in range(int.from_bytes(vector[4:8])):
        length = int.from_bytes(vector[place + 4 : place + 8])
        yield vector[place + 8 : place + 8 + length].decode()
        place += 8 + length
