"""Files that leave a mark if whoever reads them lets them: each is what somebody hostile would send."""

from __future__ import annotations

import io
import pickle
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn


class Touch:
    """Unpickled, it touches a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


class Resident(nn.Module):
    """TorchScript that writes a file when it is loaded."""

    def __init__(self, mark: str) -> None:
        super().__init__()
        self.mark = mark

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return rows[:, :3]

    @torch.jit.export
    def __getstate__(self) -> tuple[str, bool]:
        return self.mark, self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[str, bool]) -> None:
        self.mark = state[0]
        self.training = state[1]
        torch.save(torch.zeros(1), self.mark)


class Awakened:
    """An estimator that skops restores by its state, which touches a file."""

    def __init__(self, mark: str = "") -> None:
        self.mark = mark

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        Path(self.mark).touch()

    def predict_proba(self, rows: np.ndarray) -> np.ndarray:
        return np.full((len(rows), 3), 1 / 3)

    classes_ = np.arange(3)


def pickled(mark: Path, file: Path) -> Path:
    torch.save({"weight": Touch(mark)}, file)
    return file


def program(mark: Path, file: Path) -> Path:
    """Write what `torch.export` does, with a pickle among its sample inputs."""
    rows = {0: torch.export.Dim("rows")}
    written, planted = io.BytesIO(), io.BytesIO()
    with warnings.catch_warnings(action="ignore"):
        whole = torch.export.export(nn.Linear(4, 3), (torch.zeros(2, 4),), dynamic_shapes=(rows,))
        torch.export.save(whole, written)
    torch.save(Touch(mark), planted)
    with zipfile.ZipFile(written) as before, zipfile.ZipFile(file, "w") as after:
        for name in before.namelist():
            content = planted.getvalue() if "sample_inputs" in name else before.read(name)
            after.writestr(name, content)
    return file


def script(mark: Path, file: Path) -> Path:
    with warnings.catch_warnings(action="ignore"):
        torch.jit.script(Resident(str(mark))).save(file)
    mark.unlink(missing_ok=True)  # scripting does what loading does
    return file


def estimator(mark: Path, file: Path) -> Path:
    from skops.io import dump

    dump(Awakened(str(mark)), file)
    return file


def objects(mark: Path) -> np.ndarray:
    found = np.empty(4, dtype=object)
    found[:] = [Touch(mark)] * 4
    return found


def array(mark: Path, file: Path) -> Path:
    np.save(file, objects(mark), allow_pickle=True)
    return file


def archive(mark: Path, file: Path) -> Path:
    np.savez(file, allow_pickle=True, row=np.arange(4), inputs=objects(mark), targets=np.arange(4) % 2)
    return file


def extension(mark: Path, file: Path) -> Path:
    """Write a parquet file whose column claims a type that pyarrow once unpickled to know it."""
    import pyarrow as pa
    from pyarrow import parquet

    facts = {"ARROW:extension:name": "arrow.py_extension_type"}
    facts = {key.encode(): value.encode() for key, value in facts.items()}
    facts[b"ARROW:extension:metadata"] = pickle.dumps(Touch(mark))
    numbers = pa.field("number", pa.int64(), metadata=facts)
    labels = pa.field("label", pa.int64())
    table = pa.table([list(range(8)), [0, 1] * 4], schema=pa.schema([numbers, labels]))
    parquet.write_table(table, file)
    return file
