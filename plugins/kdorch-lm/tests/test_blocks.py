"""Texts become blocks, each token followed by the next; what a text lacks is told in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from kdorch_lm.data.austen import Austen
from kdorch_lm.data.text import TextBlocks
from kdorch_lm.vocabularies import UNKNOWN
from kdorch_lm.vocabularies.characters import MOST, Characters
from kdorch_lm.vocabularies.subwords import Subwords
from pydantic import ValidationError

import kdorch
from kdorch.testing import DatasetContract


class TestAusten(DatasetContract):
    dataset = Austen(length=512)


class TestTextBlocks(DatasetContract):
    dataset = TextBlocks(path=Path(__file__), length=32)


class TestSubwords(DatasetContract):
    dataset = TextBlocks(path=Path(__file__), length=24, subwords=120)


def text_of(columns: kdorch.Columns, part: str) -> str:
    """What the targets of a part say."""
    return "".join(columns.task.labels[token] for token in columns.targets[columns.parts == part].flatten())


def encode(columns: kdorch.Columns, *texts: str) -> np.ndarray:
    """Rows of texts, by the code that a model card shows."""
    scope: dict[str, Any] = {}
    exec(columns.usage, scope)
    rows: np.ndarray = scope["encode"](texts)
    return rows


VOCABULARIES = {"characters": {}, "subwords": {"subwords": 120}, "tokenizer": {"tokenizer": None}}


@pytest.fixture(params=VOCABULARIES.values(), ids=VOCABULARIES)
def dataset(request: pytest.FixtureRequest, file: Path) -> TextBlocks:
    fields = dict(request.param)
    if "tokenizer" in fields:
        fields["tokenizer"] = request.getfixturevalue("model")
    return TextBlocks(path=file, length=24, **fields)


def test_each_token_is_followed_by_the_next(dataset: TextBlocks, file: Path) -> None:
    columns, text = dataset.load(), file.read_text(encoding="utf-8")
    module = dataset.preprocess(torch.from_numpy(columns.inputs[columns.parts == "train"]))
    tokens = module(torch.from_numpy(columns.inputs)).numpy()
    assert tokens.dtype == np.int64
    assert (tokens[:, 1:] == columns.targets[:, :-1]).all()
    following = (columns.parts[1:] == columns.parts[:-1]).nonzero()[0]
    assert (tokens[following + 1, 0] == columns.targets[following, -1]).all()
    start = columns.task.labels[tokens[0, 0]]
    assert text.startswith(start + text_of(columns, "train"))
    assert text_of(columns, "test") in text[round(0.9 * len(text)) :]


def test_the_card_s_code_makes_the_rows_that_the_model_takes(
    dataset: TextBlocks, file: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(model)  # where the tokenizer lies
    columns, text = dataset.load(), file.read_text(encoding="utf-8")
    rows = encode(columns, text[:24] if columns.inputs[0, 0] == ord(text[0]) else text[:200], text[:3], "")
    assert rows.shape == (3, 24)
    assert (rows[0] == columns.inputs[0]).all()
    assert (rows[1, 3:] == 0).all()
    assert (rows[2] == 0).all()


def test_characters_are_of_the_training_text_by_falling_frequency(tmp_path: Path) -> None:
    file = tmp_path / "letters.txt"
    file.write_text("aaab" * 20 + "xx" + "ab" * 4 + "ab" * 4 + "y" + "a", encoding="utf-8")
    columns = TextBlocks(path=file, length=4).load()
    assert columns.task.labels == (UNKNOWN, "a", "b")
    unknown, total = (columns.targets == 0).sum(), columns.targets.size
    assert unknown > 0
    assert columns.notes[0].startswith(
        f"{unknown} of {total} tokens: what they stand for is not in the vocabulary"
    )
    assert "fill no block" in columns.notes[-1]


def test_the_most_frequent_of_very_many_characters_are_known() -> None:
    codes = np.concatenate((np.arange(1, 6000), np.arange(3000, 5000))).astype(np.int32)
    letters = Characters.of(codes)
    assert len(letters.labels) == MOST + 1
    assert {ord(label) for label in letters.labels[1:2001]} == set(range(3000, 5000))
    assert (letters.module()(torch.tensor([4000, 5999])) > 0).tolist() == [True, False]


def test_what_is_unknown_becomes_the_first_entry() -> None:
    letters = Characters.of(np.array([98, 97, 97, 0], np.int32))
    assert letters.labels == (UNKNOWN, "a", "b")
    assert letters.encode("ab\N{POUND SIGN}\N{GRINNING FACE}a").tolist() == [1, 2, 0, 0, 1]
    none = torch.tensor([-1, 0, 2**31 - 1], dtype=torch.int32)  # is a code point, but any row is answered
    assert letters.module()(none).tolist() == [0, 0, 0]


def test_pieces_are_the_longest_that_fit_and_say_the_text_again(english: str) -> None:
    pieces = Subwords.learnt([english[:20_000]], 200)
    assert len(pieces.labels) == 200
    assert pieces.labels[0] == UNKNOWN
    assert "".join(pieces.labels[token] for token in pieces.encode(english[:5000])) == english[:5000]
    assert len(pieces.encode(english[:5000])) < 3000
    assert sum(pieces.characters[token] for token in pieces.encode(english[:5000])) == 5000
    assert pieces.encode("\N{GRINNING FACE}").tolist() == [0]


def test_six_novels_are_read_and_one_is_locked() -> None:
    dataset = Austen()
    if dataset.absent():
        pytest.skip(dataset.absent())
    texts = dataset.texts()
    assert sum(map(len, [*texts["train"], *texts["test"]])) == 4_025_022 - 466_853
    assert texts["test"][0].startswith("NORTHANGER ABBEY")
    assert "reward filial disobedience." in texts["test"][0]
    assert not any("Tilney" in text for text in [*texts["train"], *texts["validation"]])
    assert "It is a truth universally acknowledged" in texts["train"][2]


# ---------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b" \n\n ", "is empty"),
        (b"caf\xe9 " * 100, "no text in UTF-8: byte 3 is none of its beginnings. Save it as UTF-8"),
        (b"too short", "its train text has 7 characters, which is not one block of 24 tokens and the next"),
        (b"a" * 100, "its validation text has 10 characters"),
    ],
)
def test_a_text_that_cannot_be_used_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "text.txt"
    file.write_bytes(content)
    with pytest.raises(kdorch.DataError, match=told):
        TextBlocks(path=file, length=24).load()


def test_what_is_missing_is_told_before_anything_is_read(tmp_path: Path) -> None:
    dataset = TextBlocks(path=tmp_path / "no.txt", tokenizer=tmp_path)
    assert set(dataset.complaints()) == {"path", "tokenizer"}
    with pytest.raises(kdorch.DataError, match="there is no file"):
        dataset.load()
    assert "kdorch data fetch austen" in Austen().absent() or not Austen().absent()
    assert "tokenizer" in Austen(tokenizer=tmp_path).complaints()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"subwords": 90, "tokenizer": "."}, "a text has one vocabulary"),
        ({"validation": 0.5, "test": 0.5}, "together must be below 1"),
    ],
)
def test_fields_that_contradict_each_other_are_refused(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        TextBlocks(path=Path("text.txt"), **fields)
