"""Whatever a table of predictions holds, its answers are taken or refused."""

from __future__ import annotations

import io
import warnings
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fuzzed_data import CELLS, NAMES
from fuzzing import refusal, room, share
from hypothesis import example, given
from hypothesis import strategies as st
from junk import damaged
from nparrays import arrays

import kdorch
from kdorch.builtin.teachers import Predictions

pytestmark = pytest.mark.slow
SURFACE = "prediction tables"
TASKS: dict[str, kdorch.Task] = {
    "classification": kdorch.Classification(labels=("a", "b", "c"), input_shape=(4,)),
    "multilabel": kdorch.Multilabel(labels=("a", "b"), input_shape=(4,)),
    "regression": kdorch.Regression(labels=("a",), mean=(100.0,), deviation=(10.0,), input_shape=(4,)),
}
ROWS = {"train": range(18), "validation": range(18, 24), "test": range(24, 30)}


def ask(path: Path, task: kdorch.Task, **fields: Any) -> None:
    """Have a teacher made of a table, and ask it of every row."""
    import torch

    notes: list[str] = []
    ids = {split: torch.tensor(rows) for split, rows in ROWS.items()}
    lessons: Any = SimpleNamespace(task=task, ids=ids.__getitem__, note=notes.append)

    def answer() -> None:
        teacher = Predictions(path=path, **fields)
        if wrong := teacher.complaints():
            raise kdorch.DataError(str(wrong))
        said = teacher.build(task, teacher.fit(lessons))(SimpleNamespace(rows=torch.arange(30)))  # type: ignore[arg-type]
        assert said.logits.shape == (30, *task.output_shape)
        assert said.logits.isfinite().all()

    refusal(SURFACE, answer)


@st.composite
def tables(draw: Any) -> tuple[kdorch.Task, pd.DataFrame]:
    """Return a task and a table of its answers: rows missing, twice, unknown, out of order; cells of any kind."""
    task = TASKS[draw(st.sampled_from(list(TASKS)))]
    table = pd.DataFrame(np.full((30, task.outputs), 1 / task.outputs), columns=list("abc")[: task.outputs])
    table = table.assign(row=range(30)).astype(object)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, max(len(table) - 1, 0)))
        match draw(st.integers(0, 6)):
            case 0:
                table = table.drop(index=at, errors="ignore")
            case 1:
                table = pd.concat([table, table.iloc[at : at + 2]])
            case 2:
                table = table.iloc[::-1]
            case 3:
                table = table.assign(**{draw(NAMES | st.sampled_from(["d", "row"])): draw(CELLS)})
            case 4:
                table = table.drop(columns=draw(st.sampled_from(["a", "b", "row"])), errors="ignore")
            case _ if len(table) and len(table.columns):
                table = table.reset_index(drop=True).astype(object)
                column = draw(st.integers(0, len(table.columns) - 1))
                cell = draw(
                    CELLS
                    | st.floats()
                    | st.integers(-2, 40)
                    | st.sampled_from([2**63, -(2**70), 10**30, 1e308])
                )
                table.iloc[slice(None) if draw(st.booleans()) else min(at, len(table) - 1), column] = cell
            case _:
                table = table.head(0)
    return task, table


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["row", "a", "", "rows"]),
        "columns": st.lists(st.sampled_from(["a", "b", "c", "row", "0", ""]), max_size=3).map(tuple),
        "answers": st.sampled_from(["probabilities", "logits"]),
    },
)


@share(2)
@given(tables(), FIELDS, st.sampled_from([".csv", ".csv", ".tsv"]))
def test_tables_as_text(made: tuple[kdorch.Task, pd.DataFrame], fields: dict[str, Any], suffix: str) -> None:
    task, table = made
    with room() as folder:
        path = folder / f"said{suffix}"
        table.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",", errors="replace")
        ask(path, task, **fields)


@share(1)
@given(tables(), FIELDS, st.data())
def test_parquet(made: tuple[kdorch.Task, pd.DataFrame], fields: dict[str, Any], data: st.DataObject) -> None:
    task, table = made
    buffer = io.BytesIO()
    kinds = table.infer_objects().dtypes.items()
    mixed = [name for name, kind in kinds if kind == np.dtype("O")]  # which no parquet holds
    table.astype(dict.fromkeys(mixed, str)).infer_objects().to_parquet(buffer, index=False)
    content = buffer.getvalue()
    with room() as folder:
        path = folder / "said.parquet"
        path.write_bytes(data.draw(st.just(content) | damaged(content)))
        ask(path, task, **fields)


def archived(**arrays: Any) -> bytes:
    """Return arrays as an ``.npz``."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@st.composite
def archives(draw: Any) -> bytes:
    """Return an archive of ids and answers, of which some are strange."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w") as file,
        warnings.catch_warnings(action="ignore"),
    ):  # of a name used twice
        for name, sound in (("row", np.arange(30)), ("said", np.full((30, 3), 1 / 3)), ("more", None)):
            if sound is None if draw(st.integers(0, 9)) else draw(st.booleans()):
                continue
            odd = sound is None or not draw(st.integers(0, 2))
            stored = io.BytesIO()
            np.save(stored, sound if sound is not None else 0)
            called = draw(NAMES) if not draw(st.integers(0, 9)) else name
            file.writestr(zipfile.ZipInfo(f"{called}.npy"), draw(arrays()) if odd else stored.getvalue())
    content = buffer.getvalue()
    return draw(st.just(content) | st.just(content) | damaged(content))


@share(1.5)
@example(archived(row=np.zeros((30, 2)), said=np.zeros((30, 3))), "classification", {})
@example(archived(row=np.arange(30), said=np.full((30, 1), 1e300)), "regression", {})
@given(archives(), st.sampled_from(list(TASKS)), FIELDS)
def test_archives(content: bytes, task: str, fields: dict[str, Any]) -> None:
    with room() as folder:
        path = folder / "said.npz"
        path.write_bytes(content)
        ask(path, TASKS[task], **fields)


@share(0.5)
@example(b"row,a,b,c\n" + b"".join(b"%d,1e999,0,0\n" % row for row in range(30)))
@given(
    st.binary(max_size=60)
    | damaged(b"row,a,b,c\n" + b"".join(b"%d,0.5,0.25,0.25\n" % row for row in range(30)))
)
def test_damaged_tables(content: bytes) -> None:
    with room() as folder:
        path = folder / "said.csv"
        path.write_bytes(content)
        ask(path, TASKS["classification"])
