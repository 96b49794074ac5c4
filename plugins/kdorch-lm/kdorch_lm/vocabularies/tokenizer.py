"""The vocabulary of a tokenizer that is there, as that of a teacher."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np

from kdorch_lm.vocabularies import UNKNOWN

FILE = "tokenizer.json"
_USAGE = '''import numpy as np
from tokenizers import Tokenizer

tokenizer = Tokenizer.from_file("tokenizer.json")  # the one that the study names


def encode(texts):
    """The first {length} tokens of each text; 0 fills a short row from behind."""
    rows = np.zeros((len(texts), {length}), np.int32)
    for row, text in zip(rows, texts):
        ids = tokenizer.encode(text, add_special_tokens=False).ids[:{length}]
        row[: len(ids)] = ids
    return rows


rows = encode(["It is a truth universally acknowledged, that a single man"])'''


class TokenizerFile:
    """The tokens of a ``tokenizer.json``.

    Args:
        folder: Where it lies.
    """

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / FILE))

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The text of each token; what stands for no text is there by its name."""
        return tuple(
            self._tokenizer.decode([token]) or self._tokenizer.id_to_token(token) or ""
            for token in range(self._tokenizer.get_vocab_size())
        )

    @cached_property
    def characters(self) -> tuple[int, ...]:
        """The length of the text of each token; a token of some bytes of a character counts for none."""
        texts = (self._tokenizer.decode([token]) for token in range(self._tokenizer.get_vocab_size()))
        return tuple(len(text.replace(UNKNOWN, "")) for text in texts)

    def encode(self, text: str) -> np.ndarray:
        """Return the ids of the tokens."""
        return np.array(self._tokenizer.encode(text, add_special_tokens=False).ids, np.int32)

    def shipped(self, text: str, tokens: np.ndarray) -> np.ndarray:
        """Return the ids."""
        return tokens

    def usage(self, length: int) -> str:
        """Return Python that makes ids of texts."""
        return _USAGE.format(length=length)
