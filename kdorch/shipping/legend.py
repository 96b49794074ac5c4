"""What the columns of a table are, and how a row becomes what the model takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

COLUMNS_FILE = "columns.json"
ENCODE_FILE = "encode.py"
_SHOWN = 30
_SHOWN_CATEGORIES = 10
_SHOWN_CODE = 2000  # characters; a registry holds 5,000 of the whole page
_IMPORT = """import sys

sys.path.append("model")  # downloaded as above
from encode import encode  # help(encode) says of what it makes rows"""

# Runs as it stands where mlflow is installed, which brings pandas.
ENCODE = '''import json

import numpy as np
import pandas as pd

with open("model/columns.json", encoding="utf-8") as file:  # downloaded as above
    columns = json.load(file)


def encode(table):
    """Numbers stay, a category becomes its position in the list, and NaN stands for an empty cell."""
    rows = np.full((len(table), len(columns)), np.nan)
    for position, column in enumerate(columns):
        cells = table[column["name"]]
        if column["type"] == "number":
            rows[:, position] = pd.to_numeric(cells)
        else:  # -1 stands for a category that is not in the list
            codes = {category: code for code, category in enumerate(column["categories"])}
            rows[:, position] = [np.nan if pd.isna(cell) else codes.get(cell, -1) for cell in cells]
    return rows


rows = encode(pd.read_csv("new.csv", dtype=str))'''


def legend(columns: Sequence[Mapping[str, Any]]) -> str:
    """Return the section of a model card, in markdown; empty if the rows are not those of a table."""
    if not columns:
        return ""
    lines = ["| column | type | categories |", "| --- | --- | --- |"]
    lines += [
        f"| {_cell(each['name'])} | {each['type']} | {_categories(each)} |" for each in columns[:_SHOWN]
    ]
    rest = len(columns) - _SHOWN
    more = f"\n\n{rest} more are in `{COLUMNS_FILE}`." if rest > 0 else ""
    table = "\n".join(lines)
    return (
        f"A row holds these, in this order; `{COLUMNS_FILE}` beside the model has them too.\n\n"
        f"{table}{more}\n\n```python\n{ENCODE}\n```"
    )


def encoding(code: str) -> str:
    """Return the section of a model card about the Python that makes rows; empty if there is none."""
    if not code:
        return ""
    if len(code) > _SHOWN_CODE:
        return f"```python\n{_IMPORT}\n```"
    return f"```python\n{code.strip()}\n```\n\n`{ENCODE_FILE}` beside the model has this, too."


def _categories(column: Mapping[str, Any]) -> str:
    names = column.get("categories", ())
    rest = len(names) - _SHOWN_CATEGORIES
    shown = ", ".join(f"`{_cell(name)}`" for name in names[:_SHOWN_CATEGORIES])
    return f"{shown} and {rest} more" if rest > 0 else shown


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
