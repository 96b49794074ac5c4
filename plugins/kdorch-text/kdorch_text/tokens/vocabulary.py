"""What a Hugging Face tokenizer of the WordPiece kind knows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import kdorch

_INNER = "##"


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
    """

    first: dict[bytes, int]
    inner: dict[bytes, int]
    begin: int
    last: int
    unknown: int
    size: int


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
    return _vocabulary(model["vocab"], model.get("unk_token", "[UNK]"))


def _vocabulary(ids: dict[str, int], unknown: str) -> Vocabulary:
    plain = {text: number for text, number in ids.items() if not (text.startswith("[") and len(text) > 1)}
    inner = {text: number for text, number in plain.items() if text.startswith(_INNER) and text != _INNER}
    return Vocabulary(
        first={text.encode(): number for text, number in plain.items() if text not in inner},
        inner={text[len(_INNER) :].encode(): number for text, number in inner.items()},
        begin=ids["[CLS]"],
        last=ids["[SEP]"],
        unknown=ids[unknown],
        size=max(ids.values()) + 1,
    )
