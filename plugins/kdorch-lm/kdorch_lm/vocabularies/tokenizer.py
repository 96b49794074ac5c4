"""The vocabulary of a tokenizer that is there, as that of a teacher."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

import kdorch
from kdorch.errors import reason
from kdorch_lm.vocabularies import UNKNOWN

FILE = "tokenizer.json"
_USAGE = '''import numpy as np
from tokenizers import Tokenizer

tokenizer = Tokenizer.from_file("tokenizer.json")  # the one that the study names
tokenizer.no_truncation()
tokenizer.no_padding()


def encode(texts):
    """The first {length} tokens of each text; 0 fills a short row from behind."""
    rows = np.zeros((len(texts), {length}), np.int32)
    for row, text in zip(rows, texts):
        ids = tokenizer.encode(text, add_special_tokens=False).ids[:{length}]
        row[: len(ids)] = ids
    return rows'''


class TokenizerFile:
    """The tokens of a ``tokenizer.json``.

    Args:
        folder: Where it lies.

    Raises:
        DataError: If it cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._tokenizer = _opened(folder / FILE)

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        """What each token adds to a text: behind another one, as at its start some lose a space."""
        counts = range(self._tokenizer.get_vocab_size())
        decoded = ((self._tokenizer.decode([token]), self._tokenizer.decode([token] * 2)) for token in counts)
        return tuple(twice[len(once) :] for once, twice in decoded)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The text of each token; what stands for no text is there by its name."""
        return tuple(
            text or self._tokenizer.id_to_token(token) or "" for token, text in enumerate(self._texts)
        )

    @cached_property
    def characters(self) -> tuple[int, ...]:
        """The length of the text of each token; a token of some bytes of a character counts for none."""
        return tuple(len(text.replace(UNKNOWN, "")) for text in self._texts)

    @cached_property
    def unknown(self) -> int | None:
        """The id of what has no token, if it has one."""
        model = json.loads(self._tokenizer.to_str())["model"]
        name, place = model.get("unk_token"), model.get("unk_id")
        found: int | None = self._tokenizer.token_to_id(name) if name else place
        return found

    def encode(self, text: str) -> np.ndarray:
        """Return the ids of the tokens."""
        return np.array(self._tokenizer.encode(text, add_special_tokens=False).ids, np.int32)

    def shipped(self, text: str, tokens: np.ndarray) -> np.ndarray:
        """Return the ids."""
        return tokens

    def usage(self, length: int) -> str:
        """Return Python that makes ids of texts."""
        return _USAGE.format(length=length)


def _opened(file: Path) -> Any:
    """Load a tokenizer that takes texts of any length as they are, whatever it was saved with."""
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # it has no narrower class
        raise kdorch.DataError(f"{file} cannot be read: {reason(error)}.") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
