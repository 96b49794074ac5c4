"""The next token at each place of a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import exp, log
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field, model_validator

from kdorch.kinds import Batch, Direction, Task

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

UNCOUNTED = -100  # the target of a token that does not count, as torch's own cross-entropy has it
_TOKENS = 2  # dimensions of targets
_WARMTH = 0.8  # the temperature of what is written for people to read


class Tokens(Task, name="tokens"):
    """Predict a token at each place; logits (rows, tokens, vocabulary), targets (rows, tokens) int64.

    A target of -100 does not count: padding, say, or a prompt. A prepared input has the tokens first, so that
    there are as many answers as places.

    Attributes:
        labels: The vocabulary, in the order of the outputs.
        characters: How many characters of text each entry stands for; the length of its label by default.
    """

    directions: ClassVar[Mapping[str, Direction]] = {
        "bits_per_character": "min",
        "perplexity": "min",
        "accuracy": "max",
        "loss": "min",
    }
    likeness: ClassVar[Mapping[str, Direction]] = {"agreement": "max", "kl": "min"}
    exclusive: ClassVar[bool] = True
    answers: ClassVar[str] = "Logits over the vocabulary for each token; their softmax gives probabilities."

    labels: Annotated[tuple[str, ...], Field(min_length=2)]
    characters: tuple[Annotated[int, Field(ge=0)], ...] = ()

    @model_validator(mode="after")
    def _as_many_characters_as_labels(self) -> Self:
        if self.characters and len(self.characters) != len(self.labels):
            raise ValueError(f"characters has {len(self.characters)} numbers for {len(self.labels)} labels")
        return self

    @property
    def outputs(self) -> int:
        """Size of the vocabulary."""
        return len(self.labels)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Tokens of a row, and the vocabulary."""
        return (*self.input_shape[:1], self.outputs)

    def complaint(self, targets: np.ndarray) -> str:
        """Return what is wrong if targets are not positions in ``labels``, or -100."""
        if targets.ndim != _TOKENS or targets.dtype.kind not in "iu":
            return f"targets must be whole numbers, (rows, tokens), not {targets.dtype} of {targets.shape}."
        wrong = ((targets < 0) & (targets != UNCOUNTED)) | (targets >= self.outputs)
        if wrong.any():
            row, place = (int(axis[0]) for axis in wrong.nonzero())
            token, last = targets[row, place], self.outputs - 1
            return f"row {row} has token {token} at place {place}; the vocabulary goes from 0 to {last}."
        if not (targets != UNCOUNTED).any():
            return f"no token counts: all targets are {UNCOUNTED}."
        return ""

    def mask(self, targets: np.ndarray) -> np.ndarray | None:
        """Return where targets are not -100; None if all count."""
        counted = targets != UNCOUNTED
        return None if counted.all() else counted

    def loss(self, logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the cross-entropy in nats, averaged over the tokens that count; 0 if none does."""
        from torch.nn.functional import cross_entropy

        wanted = targets.flatten()
        each = cross_entropy(logits.flatten(0, -2), wanted, reduction="none", ignore_index=UNCOUNTED)
        shares = self._shares(targets, weights)
        return each @ shares.to(each.dtype)

    def loss_gradient(self, logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return (softmax - one-hot) / tokens that count, or each token by its row's share of the weights."""
        gradient = logits.softmax(-1)
        gradient.scatter_(-1, targets.clamp(min=0).unsqueeze(-1), -1.0, reduce="add")
        shares = self._shares(targets, weights).view(*targets.shape, 1)
        return gradient.mul_(shares.to(gradient.dtype))

    def _shares(self, targets: Tensor, weights: Tensor | None) -> Tensor:
        """Return the share of each token in the average, shape (rows x tokens,); all 0 if none counts."""
        counted = (targets != UNCOUNTED).float()
        if weights is not None:
            counted = counted * weights.unsqueeze(-1)
        return (counted / counted.sum().clamp(min=1e-30)).flatten()

    def score(self, name: str, logits: Tensor, targets: Tensor) -> float:
        """Return bits per character, perplexity per token, the share of right tokens, or the loss.

        Bits per character compare models with different vocabularies: the bits of all tokens, divided by the
        characters that they stand for. Perplexity is e to the loss.
        """
        nats = float(self.loss(logits, targets))
        if name == "loss":
            return nats
        if name == "perplexity":
            return exp(min(nats, 700.0))  # e to more is no longer a number
        counted = targets != UNCOUNTED
        if name == "accuracy":
            return float((logits.argmax(-1) == targets)[counted].float().mean())
        tokens = targets[counted]
        lengths = targets.new_tensor(self.characters or [len(label) for label in self.labels])
        return nats / log(2) * len(tokens) / max(1, int(lengths[tokens].sum()))

    def sample(self, answer: Callable[[Tensor], Tensor], batch: Batch) -> str:
        """Return how a model goes on with the first half of a row, where tokens are told from those before.

        Each token is drawn at temperature 0.8.
        """
        import torch

        inputs, targets = batch.inputs[:1], batch.targets[:1]
        if inputs.shape != targets.shape or not self._follows(inputs, targets):
            return ""
        row, half = inputs.clone(), inputs.shape[1] // 2
        generator = torch.Generator().manual_seed(0)
        for place in range(half, inputs.shape[1]):
            shares = (answer(row)[0, place - 1] / _WARMTH).softmax(-1)
            row[0, place] = torch.multinomial(shares, 1, generator=generator)[0]
        prompt, told = (
            "".join(self.labels[token] for token in part) for part in (row[0, :half], row[0, half:])
        )
        return f"```text\n{prompt} [...] {told}\n```"

    def _follows(self, inputs: Tensor, targets: Tensor) -> bool:
        """Say whether each target is the input that comes next."""
        after, wanted = inputs[:, 1:], targets[:, :-1]
        counted = wanted != UNCOUNTED
        return bool((after == wanted)[counted].all())

    def fidelity(self, student: Tensor, teacher: Tensor) -> dict[str, float]:
        """Return the share of tokens with the same answer, and KL(teacher || student) in nats per token."""
        from torch.nn.functional import kl_div

        same = (student.argmax(-1) == teacher.argmax(-1)).float().mean().item()
        ours, theirs = (logits.flatten(0, -2).log_softmax(-1) for logits in (student, teacher))
        return {"agreement": same, "kl": kl_div(ours, theirs, reduction="batchmean", log_target=True).item()}
