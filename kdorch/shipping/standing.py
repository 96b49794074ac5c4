"""How a student tested, as it stands on its version for those that come after it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

_TAG = "kdorch.standing"
_DIGEST = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True)
class Standing:
    """What a student scored on fresh seeds; of each seed one value, in the same order everywhere.

    Attributes:
        data: Digest of the data, its division into splits included.
        weights: Digest of each seed's weights, by which a ledger knows what they scored row by row.
        values: By metric: the study's objectives, on test rows where they are scores.
    """

    data: str
    weights: tuple[str, ...]
    values: Mapping[str, tuple[float, ...]]

    def tags(self) -> dict[str, str]:
        """Return it as a tag of a version."""
        return {_TAG: json.dumps(asdict(self))}


def standing_of(tags: Mapping[str, str]) -> Standing | None:
    """Return what stands on a version; None of one that does not say."""
    try:
        found: dict[str, Any] = json.loads(tags[_TAG])
        values = {str(metric): tuple(map(float, each)) for metric, each in found["values"].items()}
        digests = [found["data"], *found["weights"]]
        seeds = {len(each) for each in values.values()}
        if not all(map(_DIGEST.fullmatch, digests)) or seeds != {len(digests) - 1} or 0 in seeds:
            return None  # digests become names of files, and anybody may write a tag
        return Standing(digests[0], tuple(digests[1:]), values)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
