"""What the search said of the confirmed students, beside what fresh seeds say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def beside_fresh_seeds(row: Mapping[str, Any], quality: str) -> dict[str, str]:
    """Return both values of a confirmed student as a line of a table.

    Args:
        row: Of ``front_rows``.
        quality: The first objective.
    """
    from kdorch.api.front import FRESH
    from kdorch.cli.tables import spread

    return {
        "trial": str(row["trial"]),
        f"{quality}, searched": f"{row[quality]:.4f}",
        "on fresh seeds (95 %)": spread(row[FRESH], row[f"{FRESH} ±"]),
        "change": f"{row[FRESH] - row[quality]:+.4f}",
    }
