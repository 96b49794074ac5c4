"""A byte-pair vocabulary, learnt from the text; the longest entry that fits is the next token."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kdorch_lm.vocabularies import UNKNOWN

_WORDS = r" ?\w+|\s+|[^\s\w]+"  # merges stay within these
_USAGE = '''import json

import numpy as np

TOKENS = json.loads(r"""{tokens}""")
IDS = {{token: place for place, token in enumerate(TOKENS)}}


def encode(texts):
    """Rows of a list of texts: their first {length} tokens, the longest that fit; 0 fills a short row."""
    rows = np.zeros((len(texts), {length}), np.int32)
    for row, text in zip(rows, texts):
        place = count = 0
        while place < len(text) and count < {length}:
            ends = range(min(place + {longest}, len(text)), place, -1)
            end = next((end for end in ends if text[place:end] in IDS), place + 1)
            row[count], count, place = IDS.get(text[place:end], 0), count + 1, end
    return rows'''


@dataclass(frozen=True)
class Subwords:
    """Pieces of words by falling frequency, behind one for characters that have none.

    Attributes:
        labels: The pieces, in the order of their ids.
    """

    labels: tuple[str, ...]

    @classmethod
    def learnt(cls, texts: list[str], size: int) -> Subwords:
        """Return so many tokens, learnt from texts by merging the most frequent pairs.

        Where they are too few for all characters, the rarest have none.
        """
        from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_WORDS), behavior="isolated")
        trainer = trainers.BpeTrainer(vocab_size=size - 1, limit_alphabet=size - 1, show_progress=False)
        tokenizer.train_from_iterator(texts, trainer)
        pieces = cls((UNKNOWN, *sorted(tokenizer.get_vocab())))
        ids, counts = np.unique(np.concatenate(list(map(pieces.encode, texts))), return_counts=True)
        often = dict(zip(ids.tolist(), counts.tolist(), strict=True))
        order = sorted(range(1, len(pieces.labels)), key=lambda piece: -often.get(piece, 0))
        return cls((UNKNOWN, *(pieces.labels[piece] for piece in order)))

    @property
    def characters(self) -> tuple[int, ...]:
        """The length of each piece."""
        return tuple(map(len, self.labels))

    @property
    def unknown(self) -> int:
        """The first entry."""
        return 0

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {label: place for place, label in enumerate(self.labels)}

    @cached_property
    def _longest(self) -> int:
        return max(self.characters)

    def encode(self, text: str) -> np.ndarray:
        """Return the ids of the pieces."""
        found, place = [], 0
        while place < len(text):
            ends = range(min(place + self._longest, len(text)), place, -1)
            end = next((end for end in ends if text[place:end] in self._ids), place + 1)
            found.append(self._ids.get(text[place:end], 0))
            place = end
        return np.array(found, np.int32)

    def shipped(self, text: str, tokens: np.ndarray) -> np.ndarray:
        """Return the ids: pieces of any length are no tensor program."""
        return tokens

    def usage(self, length: int) -> str:
        """Return Python that makes ids of texts; it holds the pieces."""
        return _USAGE.format(tokens=json.dumps(self.labels), length=length, longest=self._longest)
