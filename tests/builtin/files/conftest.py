"""Small real files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def people() -> pd.DataFrame:
    """Twelve rows: a number, two categories, and a label; some cells are missing."""
    return pd.DataFrame(
        {
            "age": [31.5, np.nan, 48.0, 52.25, 19.0, 23.0, 37.0, 64.0, 58.0, 41.0, 29.0, 33.0],
            "city": [
                "Rome",
                "Oslo",
                None,
                "Lima",
                "Rome",
                "Oslo",
                "Rome",
                "Lima",
                "Oslo",
                "Rome",
                "Lima",
                "Rome",
            ],
            "member": [True, False, True, True, False, True, False, False, True, True, False, True],
            "label": ["yes", "no", "yes", "no", "yes", "no", "yes", "no", None, "no", "yes", "no"],
        }
    )


@pytest.fixture
def csv(tmp_path: Path) -> Callable[..., Path]:
    """Write lines to a file."""

    def write(*lines: str, name: str = "data.csv") -> Path:
        file = tmp_path / name
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return file

    return write
