"""The vocabulary of a Hugging Face model: WordPiece, as tensor operations."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from kdorch_text.tokens.folding import Folding
from kdorch_text.tokens.hashing import Table, hash_of, inverse_powers, powers
from kdorch_text.tokens.ranking import SPECIAL, UNKNOWN, ranked
from kdorch_text.tokens.segments import Segments, is_lead
from kdorch_text.tokens.vocabulary import Vocabulary

_CHUNK = 512  # rows at once, to bound memory
_INNER = 0x5851F42D4C957F2D  # added to the hash of a piece that continues a word


class Pieces(nn.Module):
    """Texts (rows, bytes) uint8 to ids of word pieces (rows, length) int64, as a BERT tokenizer divides them.

    Each word is divided from its start into the longest pieces that the vocabulary has; a word that it cannot
    be put together from, or that is very long, is unknown as a whole. A row is the tokenizer's ``[CLS]``, the
    pieces, and its ``[SEP]``, before which is left out what does not fit, as the tokenizer does. Token by
    token, it is what the model reads, under ids by falling frequency in the training rows: 0 padding, 1
    unknown.

    Args:
        texts: Training rows, UTF-8 padded with 0, uint8 (rows, bytes).
        source: The tokenizer's vocabulary.
        vocabulary: Ids, padding and unknown included; pieces that are rarer are unknown.
        length: Tokens of a row.
    """

    powers: Tensor
    inverses: Tensor
    ids: Tensor

    def __init__(self, texts: Tensor, source: Vocabulary, *, vocabulary: int, length: int) -> None:
        super().__init__()
        self.source, self.length = source, length
        self.longest = max(map(len, (*source.first, *source.inner)))
        self.doublings = (texts.shape[1] - 1).bit_length()
        self.folding, self.segments = Folding(), Segments()
        self.register_buffer("powers", powers(texts.shape[1]))
        self.register_buffer("inverses", inverse_powers(texts.shape[1]))
        self.table = _table(source)
        self.register_buffer("ids", self._ranks(texts, vocabulary))

    def _ranks(self, texts: Tensor, vocabulary: int) -> Tensor:
        """Return the id of each of the source's pieces, and 0 for its padding, after the last one."""
        size = self.source.size
        with torch.no_grad():
            seen = torch.cat([own[own < size] for own in map(self.pieces, texts.split(_CHUNK))])
        known = ranked(seen[seen != self.source.unknown], vocabulary - SPECIAL)
        ids = torch.full((size + 1,), UNKNOWN, dtype=torch.int32)
        ids[known] = torch.arange(SPECIAL, SPECIAL + len(known), dtype=torch.int32)
        ids[size] = 0
        return ids

    def forward(self, texts: Tensor) -> Tensor:
        """Return the ids."""
        return self.ids[self.pieces(texts)].long()

    def pieces(self, texts: Tensor) -> Tensor:
        """Return the ids that the model itself has, (rows, length); ``source.size`` is padding."""
        letters = self.folding(texts)
        begins, inside = self.segments(letters)
        piece, size = self._longest(letters, begins, inside)
        reached = self._reached(begins, size)
        broken = self._broken(begins, reached & inside & (size == 0), inside & is_lead(letters))
        kept = (reached & inside & ~broken) | (begins & broken)
        return self._in_line(piece.where(~broken, self.source.unknown), kept)

    def _longest(self, letters: Tensor, begins: Tensor, inside: Tensor) -> tuple[Tensor, Tensor]:
        """Return the longest piece from each byte on, within its word, and its size; 0 if there is none."""
        sums = pad(((letters + 1) * self.powers).cumsum(1), (1, self.longest))
        word = pad(begins.long().cumsum(1).where(inside, 0), (0, self.longest), value=-1)
        count = letters.shape[1]
        salt = torch.where(begins, 0, _INNER)
        piece = size = torch.zeros_like(letters)
        for long in range(1, self.longest + 1):
            here = (sums[:, long : long + count] - sums[:, :count]) * self.inverses + salt
            found, known = self.table(here)
            known = known & (word[:, long - 1 : long - 1 + count] == word[:, :count]) & inside
            piece, size = found.where(known, piece), torch.where(known, long, size)
        return piece, size

    def _reached(self, begins: Tensor, size: Tensor) -> Tensor:
        """Return where a piece begins when each word is divided from its start: jumps of doubling length."""
        count = size.shape[1]
        place = torch.arange(count + 1, device=size.device)
        jump = (place + pad(size, (0, 1))).clamp(max=count)
        reached = pad(begins, (0, 1)).long()
        for _ in range(self.doublings):
            there = torch.zeros_like(reached).scatter_add(1, jump, reached)
            reached = (reached + there).clamp(max=1)
            jump = jump.gather(1, jump)
        return reached[:, :count] > 0

    def _broken(self, begins: Tensor, failed: Tensor, characters: Tensor) -> Tensor:
        """Return which bytes lie in a word of which a part is no piece, or that has too many characters."""
        word = begins.long().cumsum(1)
        none = pad(torch.zeros_like(word), (0, 1))
        lost, length = (none.scatter_add(1, word, each.long()) for each in (failed, characters))
        return ((lost > 0) | (length > self.source.most)).gather(1, word)

    def _in_line(self, piece: Tensor, kept: Tensor) -> Tensor:
        """Return the pieces that are kept one after the other, between the tokenizer's own tokens."""
        room = self.length - 2
        order = kept.long().cumsum(1)
        slot = order.where(kept, room + 1).clamp(max=room + 1)
        line = piece.new_full((piece.shape[0], self.length), self.source.size).scatter(1, slot, piece)
        place = torch.arange(self.length, device=piece.device)
        last = order[:, -1:].clamp(max=room) + 1
        line = line.where(place < last, self.source.size).where(place != last, self.source.last)
        return line.where(place > 0, self.source.begin)


def _table(source: Vocabulary) -> Table:
    hashes = [hash_of(text) for text in source.first]
    hashes += [_wrapped(hash_of(text) + _INNER) for text in source.inner]
    ids = [*source.first.values(), *source.inner.values()]
    return Table(torch.tensor(hashes), torch.tensor(ids), len(ids))


def _wrapped(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63
