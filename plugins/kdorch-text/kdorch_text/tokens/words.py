"""A vocabulary of whole words, learnt from the training rows."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kdorch_text.tokens.folding import Folding
from kdorch_text.tokens.hashing import Table, powers
from kdorch_text.tokens.ranking import SPECIAL, UNKNOWN, ranked
from kdorch_text.tokens.segments import Segments

_CHUNK = 4096  # rows at once, to bound memory


class Words(nn.Module):
    """Texts (rows, bytes) uint8 to ids of words (rows, length) int64, 0 padding, 1 unknown, by frequency.

    A word is known by its hash; no string is kept, and none is needed to learn from.

    Args:
        texts: Training rows, UTF-8 padded with 0, uint8 (rows, bytes).
        vocabulary: Ids, padding and unknown included.
        length: Words of a row; further ones are left out.
    """

    powers: Tensor

    def __init__(self, texts: Tensor, *, vocabulary: int, length: int) -> None:
        super().__init__()
        self.length = length
        self.folding, self.segments = Folding(), Segments()
        self.register_buffer("powers", powers(texts.shape[1]))
        with torch.no_grad():
            seen = [hashes[here] for hashes, here in map(self.hashes, texts.split(_CHUNK))]
        known = ranked(torch.cat(seen), vocabulary - SPECIAL)
        ids = torch.arange(SPECIAL, SPECIAL + len(known))
        self.table = Table(known, ids, vocabulary - SPECIAL)

    def hashes(self, texts: Tensor) -> tuple[Tensor, Tensor]:
        """Return the hash of each word, and whether there is a word, (rows, length)."""
        letters = self.folding(texts)
        begins, inside = self.segments(letters)
        place = torch.arange(letters.shape[1], device=letters.device)
        since = place - place.where(begins, 0).cummax(1).values
        word = begins.long().cumsum(1)
        slot = word.where(inside, 0).clamp(max=self.length + 1)  # what is between words, and beyond the last
        terms = (letters + 1) * self.powers[since]
        room = terms.new_zeros(texts.shape[0], self.length + 2)
        found = room.scatter_add(1, slot, terms)[:, 1:-1]
        count = word[:, -1:]
        return found, torch.arange(self.length, device=letters.device) < count

    def forward(self, texts: Tensor) -> Tensor:
        """Return the ids."""
        hashes, here = self.hashes(texts)
        ids, known = self.table(hashes)
        found: Tensor = ids.where(known, UNKNOWN).where(here, 0)
        return found
