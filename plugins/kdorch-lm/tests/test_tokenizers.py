"""Tokenizers that are there, of every kind: whole texts become tokens, and each token says its own characters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kdorch_lm.data.text import TextBlocks
from kdorch_lm.vocabularies.subwords import Subwords
from kdorch_lm.vocabularies.tokenizer import FILE, TokenizerFile
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

import kdorch

SPECIAL = ["<pad>", "<unk>"]


def byte_level(**options: Any) -> tuple[Tokenizer, Any]:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer, trainers.BpeTrainer(vocab_size=150, **options)


def word_starts(**options: Any) -> tuple[Tokenizer, Any]:
    """Of SentencePiece's form, whose decoder takes away the space at the start of a text."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    return tokenizer, trainers.UnigramTrainer(vocab_size=150, unk_token="<unk>", **options)


def word_pieces(**options: Any) -> tuple[Tokenizer, Any]:
    tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>"))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.WhitespaceSplit(), decoders.WordPiece()
    return tokenizer, trainers.WordPieceTrainer(vocab_size=150, **options)


@pytest.fixture(params=[byte_level, word_starts, word_pieces])
def folder(request: pytest.FixtureRequest, tmp_path: Path, english: str) -> Path:
    """A tokenizer that was saved after it had cut and filled up the texts of somebody else."""
    tokenizer, trainer = request.param(special_tokens=SPECIAL, show_progress=False)
    tokenizer.train_from_iterator([english[:20_000].lower()], trainer)
    tokenizer.enable_truncation(16)
    tokenizer.enable_padding(length=64, pad_token="<pad>")
    tokenizer.save(str(tmp_path / FILE))
    return tmp_path


def test_a_text_is_read_to_its_end_and_counted_by_its_characters(folder: Path, english: str) -> None:
    plain = " ".join(english[:3000].lower().split())
    tokenizer = TokenizerFile(folder)
    tokens = tokenizer.encode(plain)
    assert "".join(tokenizer.labels[token] for token in tokens).strip() == plain
    assert sum(tokenizer.characters[token] for token in tokens) == pytest.approx(len(plain), abs=1)
    assert tokenizer.characters[0] == 0  # padding is no text


def test_the_code_on_the_card_reads_as_the_study_does(
    folder: Path, english: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    tokenizer, scope = TokenizerFile(folder), dict[str, Any]()
    exec(tokenizer.usage(40), scope)
    assert (scope["encode"]([english])[0] == tokenizer.encode(english)[:40]).all()


def test_only_what_has_no_token_is_told_to_be_unknown(folder: Path, english: str) -> None:
    file = folder / "text.txt"
    file.write_text(english[:9000].lower() + "\N{GRINNING FACE} " * 600, encoding="utf-8")
    columns = TextBlocks(path=file, length=24, tokenizer=folder).load()
    told = [note for note in columns.notes if "is not in the vocabulary" in note]
    unknown = TokenizerFile(folder).unknown
    assert unknown == (None if "BPE" in (folder / FILE).read_text() else 1)
    assert [note.split()[0] for note in told] == (
        [] if unknown is None else [f"{(columns.targets == unknown).sum():,}"]
    )


def test_a_damaged_file_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{")
    with pytest.raises(kdorch.DataError, match=rf"{FILE} cannot be read"):
        TokenizerFile(tmp_path)


def test_a_vocabulary_is_never_larger_than_was_asked_for(english: str) -> None:
    pieces = Subwords.learnt([english[:20_000]], 12)
    assert len(pieces.labels) == 12
    assert {" ", "e", "t"} < {*pieces.labels}
    assert pieces.unknown in pieces.encode(english[:500])
