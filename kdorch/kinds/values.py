"""What passes between plugins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from kdorch.kinds.task import Task


Direction = Literal["max", "min"]


@dataclass
class Output:
    """What a network returns; a network that returns a tensor returns its logits.

    Attributes:
        logits: Predictions before any activation, shape (rows, *task.output_shape): one for each class of a
            row, or of a place in it; real values for regression.
        features: Intermediate maps by name, batch first.
        support: Of a teacher whose K largest entries are stored: which they are, shape (rows, ..., K). Its
            logits are their logarithms then, and behind them that of the sum of all others. A loss never
            sees such an answer.
    """

    logits: Tensor
    features: Mapping[str, Tensor] = field(default_factory=dict)
    support: Tensor | None = None


@dataclass
class Mixed:
    """What each row of a batch was mixed with.

    Attributes:
        targets: The labels of the other rows, batch first.
        shares: Part of the row itself in the mixture, at least one half, float32, shape (rows,).
    """

    targets: Tensor
    shares: Tensor


@dataclass
class Batch:
    """Some rows of a split.

    Attributes:
        inputs: What the network takes, batch first.
        targets: The labels, batch first.
        rows: Stable row ids, int64, shape (rows,).
        labelled: Which rows have a label, bool, shape (rows,); None if all have.
        mask: Which tokens count, bool, shape (rows, tokens); None if all do, or rows are not sequences.
        raw: The same rows as the dataset ships them, for a teacher that is `raw`; else None.
        mixed: What each row was mixed with, in a view of the training rows with mixup; else None. A row that
            has a label was mixed with one that has.
    """

    inputs: Tensor
    targets: Tensor
    rows: Tensor
    labelled: Tensor | None = None
    mask: Tensor | None = None
    raw: Tensor | None = None
    mixed: Mixed | None = None


@dataclass(frozen=True)
class Columns:
    """A dataset as it ships: raw inputs, targets, and what is to be learnt from them.

    At most one of ``parts``, ``groups`` and ``times`` says how rows are divided; without, they are at random.

    Attributes:
        inputs: Raw inputs, row first, in the type and range the source ships. What does not fit in memory is
            a memory map, or anything with ``len``, ``dtype``, ``shape`` and rows chosen by an integer array.
        targets: Labels, row first.
        task: What is to be learnt.
        rows: Stable row ids, int64; their order in the source by default.
        labelled: Which rows have a label, bool; the others are trained on, for what the teacher says of them,
            unless they belong to a part, group or time that is held out.
        parts: The split of each row: ``train``, ``validation`` or ``test``. Where none is ``validation``, the
            study's share of the training rows becomes that, each class in its share.
        groups: Rows of one group stay together, as those of one patient must.
        times: The newest rows become the test, those before them the validation.
        legend: What each column of a table is, for whoever calls the shipped model: mappings with ``name``,
            ``type`` (``number`` or ``category``) and, where codes stand for words, ``categories`` in the
            order of the codes.
        notes: What was mended while loading, counted, in words: ``1,203 texts are cut after 64 words``.
        usage: Python that makes rows of what a client has; it ends with the function ``encode``. It is
            printed on the card of a shipped model and lies beside that as ``encode.py``, to be imported where
            mlflow is installed.
    """

    inputs: np.ndarray
    targets: np.ndarray
    task: Task
    rows: np.ndarray | None = None
    labelled: np.ndarray | None = None
    parts: np.ndarray | None = None
    groups: np.ndarray | None = None
    times: np.ndarray | None = None
    legend: Sequence[Mapping[str, Any]] = ()
    notes: Sequence[str] = ()
    usage: str = ""

    @property
    def ids(self) -> np.ndarray:
        """Return the id of each row, int64: ``rows``, or else the positions in the source."""
        import numpy as np

        return (np.arange(len(self.inputs)) if self.rows is None else self.rows).astype(np.int64)
