"""The ledger of the locked test split: who read it, with which weights, and what they saw.

What single rows scored lies beside it in a file for each reading, and is there before the reading is.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from filelock import FileLock

from kdorch.choosing.front import Floats
from kdorch.errors import StoreError
from kdorch.stopwatch import part


@dataclass(frozen=True)
class Ledger:
    """One line of JSON per reading; lines are only ever added."""

    path: Path

    def find(self, data: str, weights: str) -> dict[str, float] | None:
        """Return what these weights scored on the test rows of this data, if they ever read them."""
        return self.scores(data).get(weights)

    def scores(self, data: str) -> dict[str, dict[str, float]]:
        """Return what was scored on the test rows of this data, by the digest of the weights."""
        found: dict[str, dict[str, float]] = {}
        for entry in self.entries():
            if entry.get("data") == data and "weights" in entry:
                found.setdefault(entry["weights"], entry["values"])
        return found

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield every reading: ``data``, ``weights``, ``study``, ``who``, ``values`` and ``time``."""
        for line in self.path.read_text().splitlines() if self.path.exists() else ():
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                continue  # a line torn by a kill holds no reading
            if isinstance(entry, dict):  # nor does what is JSON by chance, as a number left of a line
                yield entry

    def rows(self, data: str, weights: str) -> dict[str, Floats]:
        """Return what single test rows, or blocks of them, scored, by score; nothing of old readings.

        Raises:
            StoreError: If they cannot be read.
        """
        file = self._rows(data, weights)
        try:
            with np.load(BytesIO(file.read_bytes())) as found:
                return {name: found[name].astype(np.float64) for name in found.files}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, EOFError, BadZipFile, zlib.error) as error:
            raise StoreError(
                f"{file} cannot be read: {error}. It holds what single test rows scored. Delete it: "
                "intervals are then over seeds alone."
            ) from error

    def rows_of(self, data: str, weights: Mapping[int, str], score: str) -> dict[int, Floats]:
        """Return the rows of one score by seed, of those seeds of which they are known.

        Args:
            data: Digest of the data.
            weights: Digests by seed.
            score: Its name in the task.
        """
        found = {seed: self.rows(data, digest).get(score) for seed, digest in weights.items()}
        return {seed: values for seed, values in found.items() if values is not None}

    def _rows(self, data: str, weights: str) -> Path:
        return self.path.with_suffix("") / data / f"{weights}.npz"

    @part("own files")
    def add(
        self,
        data: str,
        weights: str,
        values: dict[str, float],
        *,
        study: str,
        who: str,
        rows: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        """Write a reading down and bring it to disk, unless another study with the same weights has."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        entry = {"data": data, "weights": weights, "study": study, "who": who, "values": values, "time": now}
        with FileLock(self.path.with_suffix(".lock")), self.path.open("a+b") as file:
            if self.find(data, weights) is not None:
                return
            if rows:
                _keep(self._rows(data, weights), rows)
            if file.tell() and not self.path.read_bytes().endswith(b"\n"):
                file.write(b"\n")
            file.write(json.dumps(entry).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _keep(file: Path, rows: Mapping[str, Sequence[float]]) -> None:
    """Bring to disk what single rows scored, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    packed = BytesIO()
    np.savez_compressed(packed, **{name: _compact(values) for name, values in rows.items()})
    aside = file.with_suffix(".partial")
    with aside.open("wb") as whole:
        whole.write(packed.getvalue())
        whole.flush()
        os.fsync(whole.fileno())
    aside.replace(file)


def _compact(values: Sequence[float]) -> Any:
    """Return an array of bytes where rows are right or wrong, else of single precision."""
    exact = np.asarray(values, dtype=np.float32)
    return exact.astype(np.uint8) if np.isin(exact, (0, 1)).all() else exact
