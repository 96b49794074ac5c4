"""What is strange about divided data: not wrong, but able to make results look better than they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b

import numpy as np

from kdorch.kinds import Columns

_CHUNK = 4096
_SHOWN = 5


def strangeness(columns: Columns, parts: Mapping[str, np.ndarray]) -> list[str]:
    """Return sentences about rows that stand in two splits, and classes that a split has no rows of.

    Args:
        columns: All rows.
        parts: Row positions of each split.
    """
    return [*_twins(columns, parts), *_missing(columns, parts)]


def _twins(columns: Columns, parts: Mapping[str, np.ndarray]) -> Iterator[str]:
    digests = {name: _digests(columns.inputs, chosen) for name, chosen in parts.items()}
    for one, other in (("validation", "train"), ("test", "train"), ("test", "validation")):
        count = int(np.isin(digests[one], digests[other]).sum())
        if count:
            share = count / len(parts[one])
            yield (
                f"{count:,} of {len(parts[one]):,} {one} rows ({share:.1%}) have the inputs of a {other} "
                "row, so scores on them say little about new rows. Drop duplicates before they are divided."
            )


def _digests(inputs: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return 64 bits of each row's digest: two rows of a billion are equal by chance once in twenty runs."""
    found = np.empty(len(chosen), np.uint64)
    for start in range(0, len(chosen), _CHUNK):
        for place, row in enumerate(np.ascontiguousarray(inputs[chosen[start : start + _CHUNK]]), start):
            found[place] = int.from_bytes(blake2b(row.tobytes(), digest_size=8).digest(), "big")
    return found


def _missing(columns: Columns, parts: Mapping[str, np.ndarray]) -> Iterator[str]:
    labels = getattr(columns.task, "labels", ())
    for name, chosen in parts.items():
        known = chosen if columns.labelled is None else chosen[columns.labelled[chosen]]
        strata = columns.task.strata(columns.targets[known])
        if strata is None:
            continue
        absent = [label for position, label in enumerate(labels) if not (strata == position).any()]
        if absent:
            more = f" and {len(absent) - _SHOWN} more" if len(absent) > _SHOWN else ""
            yield (
                f"the {name} split has no row of {', '.join(absent[:_SHOWN])}{more}, so nothing can be said "
                "about them. Divide the rows otherwise."
            )
