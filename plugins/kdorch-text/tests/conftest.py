"""A model of Hugging Face's kind that is made in a moment: nothing is fetched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

os.environ["HF_HUB_OFFLINE"] = "1"
torch.set_num_threads(1)  # for networks as small as these, more of them only wait for each other

WORDS = ["the", "film", "a", "is", "it", "good", "bad", "plot", "no", "point", "about", "make", "great", "s"]
MORE = ["awful", "dull", "fun", "very", *",.!?':-"]
INNER = [
    "##s",
    "##ing",
    "##ly",
    "##able",
    "##believ",
    "##watch",
    "##volv",
    "##r",
    "##m",
    "##f",
    "##e",
    "##ab",
]
LETTERS = list("abcdefghimnopuwx")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two blocks and 16 units, with a vocabulary of word pieces."""
    from transformers import BertConfig, BertModel, BertTokenizer

    folder = tmp_path_factory.mktemp("tiny")
    pieces = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *WORDS,
        *MORE,
        *INNER,
        *LETTERS,
        "un",
        "fi",
        "film",
    ]
    pieces = list(dict.fromkeys(pieces))
    BertTokenizer(vocab={piece: number for number, piece in enumerate(pieces)}).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(folder)
    return folder
