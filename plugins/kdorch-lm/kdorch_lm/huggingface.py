"""Any causal language model of Hugging Face's form, from a folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import file_digest, sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kdorch
from kdorch.errors import reason
from kdorch_lm.vocabularies.tokenizer import FILE, TokenizerFile

if TYPE_CHECKING:
    from torch import Tensor

_CONFIG = "config.json"
_WEIGHTS = "*.safetensors"


class HuggingfaceLm(
    kdorch.Teacher,
    name="huggingface_lm",
    tasks={"tokens"},
    reference="https://huggingface.co/docs/transformers",
):
    """A causal language model of transformers from a folder that is there; nothing is downloaded.

    The folder holds ``config.json``, the weights as safetensors, and ``tokenizer.json``. Its vocabulary has
    to be that of the study: name the same folder as ``tokenizer`` of the dataset. What is no safetensors file
    is not loaded, and no code of the folder is run.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def foreign(self) -> bool:
        """Nobody knows what it was trained on."""
        return True

    def complaints(self) -> dict[str, str]:
        """Return what is missing in the folder, or that transformers is."""
        if find_spec("transformers") is None:
            return {"use": "it needs transformers: pip install 'kdorch-lm[huggingface]'."}
        missing = [name for name in (_CONFIG, _WEIGHTS, FILE) if not any(self.path.glob(name))]
        return {"path": f"there is no {' and no '.join(missing)} in {self.path}."} if missing else {}

    def named_files(self) -> dict[str, Path]:
        """Return the folder: where it lies does not matter, as what is in it is digested."""
        return {**super().named_files(), "path": self.path}

    def fingerprint(self) -> str:
        """Return a digest of the model and of its tokenizer."""
        files = sorted(file for name in (_CONFIG, _WEIGHTS, FILE) for file in self.path.glob(name))
        return sha256("".join(map(_digest, files)).encode()).hexdigest()

    def fit(self, lessons: kdorch.Lessons) -> dict[str, Tensor]:
        """Make sure that it speaks of the study's tokens, and takes as many as a row has.

        Raises:
            DataError: If it does not.
        """
        task, who = lessons.task, f"teacher {self.name!r}: the model in {self.path}"
        own, wanted = TokenizerFile(self.path).labels, getattr(task, "labels", ())
        if own != wanted:
            raise kdorch.DataError(
                f"{who} has a vocabulary of {len(own):,} tokens, and the study another of {len(wanted):,}. "
                f"Write tokenizer: {self.path} in the dataset."
            )
        config = self._config()
        if config.get("vocab_size", len(own)) < len(own):
            what = f"answers {config['vocab_size']:,} tokens, and its {FILE} has {len(own):,}"
            raise kdorch.DataError(f"{who} {what}. Use the {FILE} that belongs to it.")
        most, length = config.get("max_position_embeddings"), task.input_shape[0]
        if most is not None and length > most:
            what = f"{who} takes {most:,} tokens, and a row has {length:,}"
            raise kdorch.DataError(f"{what}. Write length: {most} in the dataset, or less.")
        return {}

    def build(
        self, task: kdorch.Task, state: Mapping[str, Tensor]
    ) -> Callable[[kdorch.Batch], kdorch.Output]:
        """Return what answers a batch of ids."""
        model = self._model()
        return lambda batch: kdorch.Output(model(batch.inputs).logits[..., : task.outputs].float())

    def parameters(self, task: kdorch.Task, state: Mapping[str, Tensor]) -> int:
        """Return how many parameters it has."""
        return sum(parameter.numel() for parameter in self._model().parameters())

    def _config(self) -> dict[str, Any]:
        with self._explained():
            found: dict[str, Any] = json.loads((self.path / _CONFIG).read_text(encoding="utf-8"))
        return {"max_position_embeddings": found.get("n_positions"), **found}

    def _model(self) -> Any:
        from transformers import AutoModelForCausalLM

        with self._explained():
            model: Any = AutoModelForCausalLM.from_pretrained(
                self.path, local_files_only=True, use_safetensors=True, trust_remote_code=False
            )
        return model.eval()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Say which folder cannot be read."""
        try:
            yield
        except Exception as error:  # transformers and safetensors raise many kinds, without a common class
            raise kdorch.DataError(f"teacher.path: {self.path} cannot be read: {reason(error)}.") from error


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()
