"""W3's rows: 2,500 made-up texts of 64 tokens, each of one of four subjects that prefer some words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import kdorch

if TYPE_CHECKING:
    from torch import Tensor, nn

ROWS, TOKENS, WORDS, SUBJECTS = 2500, 64, 2000, 4


class Texts(kdorch.Dataset, name="benchmark_texts", tasks={"classification"}):
    """Tokens drawn from a distribution of each subject's own."""

    def load(self) -> kdorch.Columns:
        """Return tokens, int64 (2500, 64), and subjects."""
        import torch

        chance = torch.Generator().manual_seed(0)
        subjects = torch.randint(0, SUBJECTS, (ROWS,), generator=chance)
        preferences = (0.9 * torch.randn(SUBJECTS, WORDS, generator=chance)).softmax(1)
        tokens = torch.multinomial(preferences[subjects], TOKENS, replacement=True, generator=chance)
        task = kdorch.Classification(labels=[f"subject {number}" for number in range(SUBJECTS)])
        return kdorch.Columns(tokens.numpy(), subjects.numpy(), task)

    def preprocess(self, inputs: Tensor) -> nn.Module:
        """Return nothing to do: networks take tokens."""
        from torch import nn

        return nn.Identity()


@kdorch.hookimpl
def register_datasets(register: Callable[..., None]) -> None:
    """Offer the texts."""
    register(Texts)
