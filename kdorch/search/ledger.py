"""The ledger of the locked test split: who read it, with which weights, and what they saw."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock


@dataclass(frozen=True)
class Ledger:
    """One line of JSON per reading; lines are only ever added."""

    path: Path

    def find(self, data: str, weights: str) -> dict[str, float] | None:
        """Return what these weights scored on the test rows of this data, if they ever read them."""
        for entry in self.entries():
            if (entry.get("data"), entry.get("weights")) == (data, weights):
                return entry["values"]  # type: ignore[no-any-return]
        return None

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield every reading: ``data``, ``weights``, ``study``, ``who``, ``values`` and ``time``."""
        for line in self.path.read_text().splitlines() if self.path.exists() else ():
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                continue  # a line torn by a kill holds no reading
            if isinstance(entry, dict):  # nor does what is JSON by chance, as a number left of a line
                yield entry

    def add(self, data: str, weights: str, values: dict[str, float], *, study: str, who: str) -> None:
        """Write a reading down and bring it to disk, unless another study with the same weights has."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        entry = {"data": data, "weights": weights, "study": study, "who": who, "values": values, "time": now}
        with FileLock(self.path.with_suffix(".lock")), self.path.open("a+b") as file:
            if self.find(data, weights) is not None:
                return
            if file.tell() and not self.path.read_bytes().endswith(b"\n"):
                file.write(b"\n")
            file.write(json.dumps(entry).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
