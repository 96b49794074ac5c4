"""What tokens are: characters, subwords learnt from the text, or those of a tokenizer that is there."""

from __future__ import annotations

from typing import Protocol

import numpy as np

UNKNOWN = "\N{REPLACEMENT CHARACTER}"  # entry 0: whatever has no entry of its own, and what fills a short row


class Vocabulary(Protocol):
    """Tokens, and how text becomes them.

    Attributes:
        labels: The text of each token.
        characters: How many characters each stands for.
        unknown: The token that stands for whatever has none; None if everything has one.
    """

    @property
    def labels(self) -> tuple[str, ...]:
        """The text of each token."""

    @property
    def characters(self) -> tuple[int, ...]:
        """How many characters each stands for."""

    @property
    def unknown(self) -> int | None:
        """The token that stands for whatever has none."""

    def encode(self, text: str) -> np.ndarray:
        """Return the ids of the tokens of a text."""

    def shipped(self, text: str, tokens: np.ndarray) -> np.ndarray:
        """Return what the shipped model takes for each token: its id, unless the model encodes it itself."""

    def usage(self, length: int) -> str:
        """Return Python that makes rows of that many tokens of texts, by a function ``encode``."""
