"""Letters without capitals and accents, on the bytes of UTF-8."""

from __future__ import annotations

import unicodedata
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

_LEADS = range(
    0xC0, 0xE0
)  # first bytes of the characters that have two: Latin, Greek, Cyrillic, Hebrew, Arabic
_FOLLOWERS = range(0x80, 0xC0)
_LEFT_OUT = {"Mn", "Cc", "Cf"}  # accents, control characters, soft hyphens


class Folding(nn.Module):
    """UTF-8 (rows, bytes) uint8, padded with 0, to that of the same text in small letters without accents.

    Characters of one and two bytes are folded, which takes in Latin, Greek and Cyrillic letters; what has
    three or four is left as it is. Of the signs, a no-break space becomes a space, while soft hyphens and
    control characters beyond ASCII are left out.
    """

    small: Tensor
    first: Tensor
    second: Tensor

    def __init__(self) -> None:
        super().__init__()
        first, second = _tables()
        small = [byte + 32 if chr(byte) in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" else byte for byte in range(256)]
        for name, table in (("small", small), ("first", first), ("second", second)):
            self.register_buffer(name, torch.tensor(table, dtype=torch.uint8))

    def forward(self, raw: Tensor) -> Tensor:
        """Return the bytes, int64 (rows, bytes)."""
        here = raw.long()
        after = pad(here[:, 1:], (0, 1))
        pair = (here >= _LEADS.start) & (here < _LEADS.stop) & (after >= _FOLLOWERS.start)
        pair = pair & (after < _FOLLOWERS.stop)
        place = ((here & 31) * len(_FOLLOWERS) + (after & 63)).where(pair, 0)
        followed = pad(pair[:, :-1], (1, 0))
        second = pad(self.second[place][:, :-1], (1, 0))
        folded = self.small[here].where(~pair, self.first[place]).where(~followed, second).long()
        return _closed_up(folded, gone=(pair | followed) & (folded == 0))


def _closed_up(values: Tensor, gone: Tensor) -> Tensor:
    """Move what is left to the front, and fill up with 0."""
    last = values.shape[1]
    place = ((~gone).long().cumsum(1) - 1).where(~gone, last)
    return torch.zeros_like(pad(values, (0, 1))).scatter(1, place, values)[:, :last]


@cache
def _tables() -> tuple[list[int], list[int]]:
    """Return both bytes that each character of two becomes, 0 where there is none left."""
    folded = [_folded(bytes((lead, follower))) for lead in _LEADS for follower in _FOLLOWERS]
    return [pair[0] for pair in folded], [pair[1] for pair in folded]


def _folded(character: bytes) -> bytes:
    try:
        text = character.decode()
    except UnicodeDecodeError:  # C0 and C1 begin no character
        return character
    apart = unicodedata.normalize("NFD", text.lower())
    bare = "".join(letter for letter in apart if unicodedata.category(letter) not in _LEFT_OUT)
    found = (" " if text.isspace() else bare).encode()
    return (found if len(found) <= len(character) else character).ljust(2, b"\0")
