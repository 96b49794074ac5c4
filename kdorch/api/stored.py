"""The stored data of a study, against which the rebuilt student is proved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kdorch.api.results import Results

if TYPE_CHECKING:
    from torch import Tensor

    from kdorch.kinds import Task
    from kdorch.training.rows import Rows


@dataclass(frozen=True)
class Stored:
    """What the store holds about a study's data.

    Attributes:
        task: What is learnt.
        raw: The first training rows as the dataset ships them.
        prepared: The same rows as the students were trained on them.
        state: What the preprocessing learnt.
        validation: The validation rows.
    """

    task: Task
    raw: Tensor
    prepared: Tensor
    state: dict[str, Tensor]
    validation: Rows


def read_store(results: Results) -> Stored:
    """Read it.

    Raises:
        PromotionError: If it is gone, or damaged.
    """
    import numpy as np
    import torch
    from safetensors.torch import load_file

    from kdorch.search.prepare import budget
    from kdorch.shipping.explaining import explained
    from kdorch.teaching.teacher import stored_task
    from kdorch.training.rows import open_rows

    # By the home, which may have been moved since the record was written.
    data = results.home.store / "data" / results.record["data"]["digest"]
    advice = (
        "Bring that directory back, or have it made again: kdorch study run FILE --trials N, more trials "
        "than there are."
    )
    with explained(f"The stored data in {data} cannot be read", advice):
        raw = np.load(data / "example.npy")
        train = np.load(data / "train" / "inputs.npy", mmap_mode="r")
        return Stored(
            stored_task(data),
            torch.from_numpy(raw),
            torch.from_numpy(np.array(train[: len(raw)])),
            load_file(data / "preprocessing.safetensors"),
            open_rows(data, "validation", None, budget=budget(1)),
        )
