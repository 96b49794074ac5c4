"""A Hugging Face encoder with a head, from rows of bytes to logits."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

import kdorch
from kdorch.errors import reason
from kdorch_text.folders import located
from kdorch_text.rows import decode

if TYPE_CHECKING:
    from kdorch_text.teachers.huggingface import HuggingfaceText

_ROWS = 64  # at once, of similar length


class Reader(nn.Module):
    """An encoder, and a linear layer on what stands for a text.

    Args:
        spec: Says where its files are, and how long texts may be.
        outputs: Logits per row.
        encoder: The model.
    """

    def __init__(self, spec: HuggingfaceText, outputs: int, encoder: Any) -> None:
        super().__init__()
        self.spec = spec
        self.tokenizer = _opened("AutoTokenizer", spec)
        self.encoder = encoder
        self.head = nn.Linear(encoder.config.hidden_size, outputs)
        blocks = encoder.config.num_hidden_layers
        if spec.layers and max(spec.layers) > blocks:
            raise kdorch.DataError(f"teacher.layers: the model has {blocks} blocks, not {max(spec.layers)}.")
        most = getattr(encoder.config, "max_position_embeddings", spec.length)
        if spec.length > most:
            raise kdorch.DataError(f"teacher.length: the model reads {most} tokens, not {spec.length}.")

    @classmethod
    def pretrained(cls, spec: HuggingfaceText, outputs: int) -> Reader:
        """Return it with the weights of its folder, and a head that has yet to learn."""
        return cls(spec, outputs, _opened("AutoModel", spec, use_safetensors=True, dtype=torch.float32))

    @classmethod
    def stored(cls, spec: HuggingfaceText, task: kdorch.Task, state: Mapping[str, Tensor]) -> Reader:
        """Return it with weights that were stored, in evaluation mode."""
        from transformers import AutoModel

        with torch.random.fork_rng(devices=[]):  # weights that are about to be replaced
            encoder = AutoModel.from_config(_opened("AutoConfig", spec))  # type: ignore[no-untyped-call]
            found = cls(spec, task.outputs, encoder)
        found.load_state_dict(dict(state))
        return found.eval()

    def tokens(self, raw: Tensor) -> list[list[int]]:
        """Return the ids of each text's tokens."""
        told = self.tokenizer(decode(raw.numpy()), truncation=True, max_length=self.spec.length)
        ids: list[list[int]] = told["input_ids"]
        return ids

    def forward(self, tokens: Sequence[list[int]]) -> kdorch.Output:
        """Return logits and features of some texts."""
        lengths = torch.tensor([len(each) for each in tokens])
        ids = nn.utils.rnn.pad_sequence([torch.tensor(each) for each in tokens], batch_first=True)
        there = (torch.arange(ids.shape[1]) < lengths[:, None]).long()
        told = self.encoder(input_ids=ids, attention_mask=there, output_hidden_states=bool(self.spec.layers))
        pooled = _pooled(told.last_hidden_state, there, self.spec.pooling)
        features = {"pooled": pooled}
        for layer in self.spec.layers:
            features[f"layer{layer}"] = self._in_place(told.hidden_states[layer], there)
        return kdorch.Output(self.head(pooled), features)

    def _in_place(self, states: Tensor, there: Tensor) -> Tensor:
        """Return the states of tokens, 0 where there is none, as long as any row may be."""
        return nn.functional.pad(states * there.unsqueeze(-1), (0, 0, 0, self.spec.length - states.shape[1]))

    def answer(self, batch: kdorch.Batch) -> kdorch.Output:
        """Return what it says of texts, which are read in groups of similar length."""
        assert batch.raw is not None  # noqa: S101  who is raw gets raw rows
        tokens = self.tokens(batch.raw)
        order = torch.tensor([len(each) for each in tokens]).argsort(stable=True)
        told = [self([tokens[row] for row in rows]) for rows in order.split(_ROWS)]
        back = order.argsort()
        names = told[0].features
        features = {name: torch.cat([each.features[name] for each in told])[back] for name in names}
        return kdorch.Output(torch.cat([each.logits for each in told])[back], features)


def _pooled(states: Tensor, there: Tensor, pooling: str) -> Tensor:
    if pooling == "first":
        return states[:, 0]
    weights = there.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1)


def _opened(what: str, spec: HuggingfaceText, **options: Any) -> Any:
    """Load something from the folder, quietly, without a network and without running its code.

    Raises:
        DataError: If it cannot be loaded.
    """
    import transformers

    folder = located(spec.model)
    try:
        with warnings.catch_warnings(action="ignore"), _quiet():
            return getattr(transformers, what).from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, **options
            )
    except Exception as error:
        raise kdorch.DataError(f"teacher.model: {folder} cannot be read: {reason(error)}") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Show no progress bar, and no report on weights that are not there: the head is ours."""
    from transformers.utils import logging

    told: Any = logging
    level, bars = told.get_verbosity(), told.is_progress_bar_enabled()
    told.set_verbosity_error()
    told.disable_progress_bar()
    try:
        yield
    finally:
        told.set_verbosity(level)
        if bars:
            told.enable_progress_bar()


def batches(lengths: Tensor, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Yield the positions of rows in random batches of similar length, so that little is padding."""
    order = torch.randperm(len(lengths), generator=generator)
    groups = [part[lengths[part].argsort()] for part in order.split(size * _ROWS)]
    found = [rows for group in groups for rows in group.split(size)]
    yield from (found[place] for place in torch.randperm(len(found), generator=generator).tolist())
