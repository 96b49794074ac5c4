"""A text of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

import kdorch
from kdorch_lm.data.blocks import Blocks

_Share = Annotated[float, Field(gt=0, lt=1)]


class TextBlocks(Blocks, name="text_blocks"):
    """A text file in UTF-8: its end is the test, what stands before that the validation.

    Attributes:
        path: The file.
        validation: Share of the characters that chooses between students.
        test: Share of the characters that is locked until a student is confirmed.
    """

    path: Path
    validation: _Share = 0.1
    test: _Share = 0.1

    @model_validator(mode="after")
    def _leaves_text(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError("validation and test together must be below 1, to leave text to train on")
        return self

    def complaints(self) -> dict[str, str]:
        """Return that there is no such file."""
        missing = {} if self.path.is_file() else {"path": f"there is no file {self.path}."}
        return {**super().complaints(), **missing}

    def texts(self) -> dict[str, list[str]]:
        """Return the parts of the text.

        Raises:
            DataError: If it is empty, or not in UTF-8.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise kdorch.DataError(f"there is no file {self.path}.") from None
        except UnicodeDecodeError as error:
            what = f"{self.path} is no text in UTF-8: byte {error.start:,} is none of its beginnings"
            raise kdorch.DataError(f"{what}. Save it as UTF-8.") from None
        if not text.strip():
            raise kdorch.DataError(f"{self.path} is empty.")
        test = round(len(text) * (1 - self.test))
        validation = round(len(text) * (1 - self.test - self.validation))
        return {"train": [text[:validation]], "validation": [text[validation:test]], "test": [text[test:]]}
