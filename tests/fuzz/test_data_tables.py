"""Whatever lies in a table, it is learnt from or refused."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fuzzed_data import CELLS, NAMES, fields, new, use
from fuzzing import room, share
from hypothesis import given
from hypothesis import strategies as st
from junk import damaged

pytestmark = pytest.mark.slow


@st.composite
def tables(draw: Any) -> tuple[list[str], bytes]:
    """Return the names of columns, and a table as text: a sound one, with some cells and rows that are not."""
    names = draw(st.just(["size", "word", "label"]) | st.lists(NAMES, max_size=4))
    count = draw(st.sampled_from([0, 1, 3, 12, 12, 12, 30]))
    rows = [
        [["1.5", "2", "7"][row % 3], "abc"[row % 3], "xy"[row % 2], "0"][: len(names)] for row in range(count)
    ]
    for _ in range(draw(st.integers(0, 5))):
        if rows and names:
            row, cell = draw(st.integers(0, count - 1)), draw(CELLS)
            place = draw(st.integers(0, len(names) - 1))
            everywhere = not draw(st.integers(0, 3))
            for changed in rows if everywhere else [rows[row]]:
                changed[place : place + 1] = [cell] * draw(st.sampled_from([1, 1, 1, 1, 0, 2]))
    quoted = draw(st.booleans())
    separator = draw(st.sampled_from([",", ",", ",", ";", "\t", "|"]))
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r", "\n\n"]))
    lines = [separator.join(_quoted(cell) if quoted else cell for cell in row) for row in [names, *rows]]
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"]))
    return names, (end.join(lines) + draw(st.sampled_from(["", end]))).encode(encoding, "replace")


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


@share(3)
@given(st.data(), tables(), st.sampled_from([".csv", ".csv", ".tsv", ".CSV"]))
def test_tables_as_text(data: st.DataObject, table: tuple[list[str], bytes], suffix: str) -> None:
    names, content = table
    with room() as folder:
        path = folder / f"data{suffix}"
        path.write_bytes(content)
        use(path, data.draw(fields(names)))
        new(path)


SOUND = "size,word,label\n" + "".join(f"{row}.5,{'ab'[row % 2]},{'xyz'[row % 3]}\n" for row in range(12))


@share(0.5)
@given(damaged(SOUND.encode()))
def test_damaged_tables(content: bytes) -> None:
    with room() as folder:
        path = folder / "data.csv"
        path.write_bytes(content)
        use(path, {"target": "label"})
        new(path)


def _columns() -> dict[str, pa.Array]:
    rows = range(12)
    return {
        "size": pa.array([row / 2 for row in rows]),
        "label": pa.array([["x", "y", "z"][row % 3] for row in rows]),
        "list": pa.array([[row] for row in rows]),
        "struct": pa.array([{"a": row} for row in rows]),
        "bytes": pa.array([b"\xff\x00"] * 12),
        "decimal": pa.array(rows, pa.decimal128(20, 5)),
        "moment": pa.array([10**18] * 12, pa.timestamp("ns", "Europe/Rome")),
        "day": pa.array([-(10**6)] * 12, pa.date32()),
        "span": pa.array(rows, pa.duration("us")),
        "none": pa.nulls(12),
        "yes": pa.array([row % 2 == 0 for row in rows]),
        "code": pa.array(["a", "b"] * 6).dictionary_encode(),
        "large": pa.array([2**64 - 1] * 12, pa.uint64()),
        "half": pa.array(np.zeros(12, np.float16)),
        "nan": pa.array([float("nan"), float("inf")] * 6),
        "map": pa.array([[("a", 1)]] * 12, pa.map_(pa.string(), pa.int64())),
    }


COLUMNS = _columns()


@st.composite
def parquets(draw: Any) -> tuple[list[str], bytes]:
    """Return the names of columns, and a table of them as parquet, perhaps damaged."""
    names = draw(st.lists(st.sampled_from(list(COLUMNS)), max_size=4))
    names = ["size", "label", *names] if draw(st.integers(0, 4)) else names
    called = [name if draw(st.integers(0, 9)) else draw(NAMES) for name in names]
    table = pa.Table.from_arrays([COLUMNS[name] for name in names], called)
    buffer = io.BytesIO()
    pq.write_table(table.slice(0, draw(st.sampled_from([0, 1, 12, 12, 12]))), buffer)
    content = buffer.getvalue()
    return called, draw(st.just(content) | st.just(content) | damaged(content))


@share(2)
@given(st.data(), parquets())
def test_parquet(data: st.DataObject, table: tuple[list[str], bytes]) -> None:
    names, content = table
    with room() as folder:
        path = folder / "data.parquet"
        path.write_bytes(content)
        use(path, data.draw(fields(names)))
        new(path)
