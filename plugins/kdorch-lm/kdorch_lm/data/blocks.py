"""Texts as rows: blocks of tokens, and behind each token the next one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import numpy as np
from pydantic import Field, model_validator

import kdorch
from kdorch_lm.vocabularies.tokenizer import FILE, TokenizerFile

if TYPE_CHECKING:
    from torch import Tensor, nn

    from kdorch_lm.vocabularies import Vocabulary


class Blocks(kdorch.Dataset, tasks={"tokens"}):
    """Texts, cut into blocks one after the other; a model sees nothing before its block.

    Attributes:
        length: Tokens of a block.
        subwords: Size of a byte-pair vocabulary that is learnt from the training text; without, each
            character that occurs there is a token.
        tokenizer: Folder with a ``tokenizer.json``, whose tokens are used: those of a Hugging Face teacher.
    """

    length: Annotated[int, Field(ge=2)] = 256
    subwords: Annotated[int, Field(ge=8)] | None = None
    tokenizer: Path | None = None

    @model_validator(mode="after")
    def _one_vocabulary(self) -> Self:
        if self.subwords and self.tokenizer:
            raise ValueError("write subwords or tokenizer: a text has one vocabulary")
        return self

    def texts(self) -> Mapping[str, Sequence[str]]:
        """Return the texts of ``train``, ``validation`` and ``test``.

        Raises:
            DataError: If there are none.
        """
        raise NotImplementedError

    def complaints(self) -> dict[str, str]:
        """Return that there is no tokenizer in its folder."""
        if self.tokenizer is None or (self.tokenizer / FILE).is_file():
            return {}
        return {"tokenizer": f"there is no {FILE} in {self.tokenizer}."}

    def named_files(self) -> dict[str, Path]:
        """Return the tokenizer, too: what counts is what is in it."""
        return super().named_files() | ({"tokenizer": self.tokenizer / FILE} if self.tokenizer else {})

    def load(self) -> kdorch.Columns:
        """Return the blocks of all texts.

        Raises:
            DataError: If a split has less text than a block.
        """
        texts = self.texts()
        vocabulary = self._vocabulary(texts["train"])
        inputs, targets, parts = [], [], []
        for part, several in texts.items():
            for text in several:
                tokens = vocabulary.encode(text)
                shipped = vocabulary.shipped(text, tokens)
                count = max(0, len(tokens) - 1) // self.length
                end = count * self.length
                inputs.append(shipped[:end].reshape(count, self.length))
                targets.append(tokens[1 : end + 1].reshape(count, self.length))
                parts += [part] * count
        self._refuse_short(parts, texts)
        task = kdorch.Tokens(labels=vocabulary.labels, characters=vocabulary.characters)
        found = np.concatenate(targets).astype(np.int64)
        return kdorch.Columns(
            np.concatenate(inputs),
            found,
            task,
            parts=np.array(parts),
            notes=list(_repairs(texts, found, self.length, vocabulary.unknown)),
            usage=vocabulary.usage(self.length),
        )

    def _vocabulary(self, texts: Sequence[str]) -> Vocabulary:
        from kdorch_lm.vocabularies.characters import Characters, code_points
        from kdorch_lm.vocabularies.subwords import Subwords

        if self.tokenizer:
            return TokenizerFile(self.tokenizer)
        if self.subwords:
            return Subwords.learnt(list(texts), self.subwords)
        codes = map(code_points, texts)
        blocks = (each[: max(0, len(each) - 1) // self.length * self.length] for each in codes)
        return Characters.of(np.concatenate(list(blocks)))

    def _refuse_short(self, parts: Sequence[str], texts: Mapping[str, Sequence[str]]) -> None:
        for part, several in texts.items():
            if part not in parts:
                count = sum(map(len, several))
                raise kdorch.DataError(
                    f"dataset {self.name!r}: its {part} text has {count:,} characters, which is not one "
                    f"block of {self.length} tokens and the next. Write a smaller length, or bring more text."
                )

    def preprocess(self, inputs: Tensor) -> nn.Module:
        """Return what makes ids of what is shipped: of code points, or of ids themselves."""
        from kdorch_lm.data.ids import AsTheyAre
        from kdorch_lm.vocabularies.characters import Characters

        if self.subwords or self.tokenizer:
            return AsTheyAre()
        return Characters.of(inputs.numpy()).module()


def _repairs(
    texts: Mapping[str, Sequence[str]], targets: np.ndarray, length: int, unknown: int | None
) -> Iterator[str]:
    lost = 0 if unknown is None else int((targets == unknown).sum())
    if lost:
        what = "is not in the vocabulary, and counts as one unknown token"
        yield f"{lost:,} of {targets.size:,} tokens: what they stand for {what}"
    several = sum(map(len, texts.values()))
    if several:
        yield f"the last tokens of {several} texts, fewer than {length} each, fill no block and are left out"
