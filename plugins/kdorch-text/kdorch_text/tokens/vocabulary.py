"""What a Hugging Face tokenizer of the WordPiece kind knows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kdorch

_INNER = "##"
_MOST = 100  # characters of a word, where nothing else is said


@dataclass(frozen=True)
class Vocabulary:
    """Pieces of words and their ids.

    Attributes:
        first: Pieces that begin a word.
        inner: Pieces that continue one.
        begin: Id of the token before a text.
        last: Id of the token after it.
        unknown: Id of a word that cannot be divided.
        size: One more than the highest id.
        most: Characters of a word; a longer one is not divided, but unknown.
    """

    first: dict[bytes, int]
    inner: dict[bytes, int]
    begin: int
    last: int
    unknown: int
    size: int
    most: int


def read_vocabulary(folder: Path) -> Vocabulary:
    """Return the vocabulary of the tokenizer in a model's folder.

    Raises:
        DataError: If it is missing, or not of the kind that can be computed without a tokenizer.
    """
    file = folder / "tokenizer.json"
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise kdorch.DataError(f"data.tokenizer: {file} cannot be read: {error}.") from error
    model, norm = told.get("model", {}), told.get("normalizer") or {}
    if model.get("type") != "WordPiece" or not norm.get("lowercase") or "[CLS]" not in model["vocab"]:
        raise kdorch.DataError(
            f"data.tokenizer: the tokenizer in {folder} is no WordPiece one of small letters, as BERT's is; "
            "only such a one can be shipped as tensor operations. Leave data.tokenizer out, for words."
        )
    return _vocabulary(model)


def _vocabulary(model: dict[str, Any]) -> Vocabulary:
    ids: dict[str, int] = model["vocab"]
    plain = {text: number for text, number in ids.items() if not (text.startswith("[") and len(text) > 1)}
    inner = {text: number for text, number in plain.items() if text.startswith(_INNER) and text != _INNER}
    return Vocabulary(
        first={text.encode(): number for text, number in plain.items() if text not in inner},
        inner={text[len(_INNER) :].encode(): number for text, number in inner.items()},
        begin=ids["[CLS]"],
        last=ids["[SEP]"],
        unknown=ids[model.get("unk_token", "[UNK]")],
        size=max(ids.values()) + 1,
        most=model.get("max_input_chars_per_word", _MOST),
    )
