"""Where words begin and end."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from kdorch_text.tokens.folding import Folding

_CHUNK = 4096  # texts at once, to bound memory
_SPACE, _LETTER, _ALONE = 0, 1, 2
_FOLLOWERS = range(0x80, 0xC0)
_ALONE_LEADS = {0xC2, 0xE2, *range(0xE4, 0xEA)}  # signs and punctuation; Chinese characters


class Segments(nn.Module):
    """Words as runs of letters and digits; any other sign, and each Chinese character, is a word of its own.

    That is how BERT's tokenizer divides a text, but for rare signs beyond ASCII, of which it takes those that
    are no punctuation for letters.
    """

    kinds: Tensor

    def __init__(self) -> None:
        super().__init__()
        kinds = [_kind(byte) for byte in range(256)]
        self.register_buffer("kinds", torch.tensor(kinds, dtype=torch.uint8))

    def forward(self, letters: Tensor) -> tuple[Tensor, Tensor]:
        """Return where a word begins, and what belongs to one, bool (rows, bytes).

        Args:
            letters: UTF-8, int64 (rows, bytes).
        """
        lead = is_lead(letters)
        place = torch.arange(letters.shape[1], device=letters.device)
        kind = self.kinds[letters].gather(1, place.where(lead, 0).cummax(1).values)
        before = pad(kind[:, :-1], (1, 0))
        begins = lead & ((kind == _ALONE) | ((kind == _LETTER) & (before != _LETTER)))
        return begins, kind != _SPACE


def is_lead(letters: Tensor) -> Tensor:
    """Return which bytes of UTF-8 begin a character."""
    return (letters < _FOLLOWERS.start) | (letters >= _FOLLOWERS.stop)


def word_counts(texts: Tensor) -> Tensor:
    """Return how many words each text has, int64 (texts,).

    Args:
        texts: UTF-8 padded with 0, uint8 (texts, bytes).
    """
    folding, segments = Folding(), Segments()
    counts = [segments(folding(some))[0].sum(1) for some in texts.split(_CHUNK)]
    return torch.cat(counts)


def _kind(byte: int) -> int:
    character = chr(byte)
    if byte <= ord(" ") or byte == 0x7F:  # noqa: PLR2004  delete, a control character
        return _SPACE
    if byte in _ALONE_LEADS or (byte < _FOLLOWERS.start and not character.isalnum()):
        return _ALONE
    return _LETTER
