"""Texts to learn from, and a tiny model of Hugging Face's form with a tokenizer of its own."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
import torch

ALPHABET = string.printable.replace("\r", "")  # which Python reads as the end of a line
VOCABULARY = 150  # tokens of the tiny model's tokenizer


@pytest.fixture(scope="session")
def english() -> str:
    """Real English, which comes with Python: what it says of itself under ``help()``."""
    from pydoc_data.topics import topics

    whole = "\n".join(topics[name] for name in sorted(topics))
    return whole.encode("ascii", "ignore").decode()


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory, english: str) -> Path:
    """A folder with a GPT-2 of random weights, 30 positions, and a byte-pair tokenizer."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import GPT2Config, GPT2LMHeadModel

    folder = tmp_path_factory.mktemp("model")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, show_progress=False)
    tokenizer.train_from_iterator([string.printable, english[:20_000].lower()], trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=VOCABULARY + 4,
        n_positions=30,
        n_embd=16,
        n_layer=2,
        n_head=2,
        bos_token_id=0,
        eos_token_id=0,
    )
    GPT2LMHeadModel(config).save_pretrained(folder)
    return folder


@pytest.fixture
def file(tmp_path: Path, english: str) -> Path:
    """Some of it in lower case, behind all characters that there are."""
    path = tmp_path / "english.txt"
    path.write_text(ALPHABET + english[:12_000].lower(), encoding="utf-8")
    return path
