"""Results on their way from a worker to Optuna and MLflow, on disk until both have them.

So a kill costs no training that had come to its end, and a tracking server may be away for a while.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from kdorch.stopwatch import part

_WEIGHTS = "student.safetensors"  # one name in all runs is what people and promotion look for
_RESULT = "result.json"
_TRACEBACK = "traceback.txt"


@dataclass(frozen=True)
class Parcel:
    """What came of one training.

    Attributes:
        folder: Where it lies; made by the first who puts something there.
        origin: What the training depended on besides the study: the result of another one is of no use.
    """

    folder: Path
    origin: str

    @property
    def weights(self) -> Path:
        """Where the worker leaves the weights."""
        return self.folder / _WEIGHTS

    @part("own files")
    def keep(self, result: dict[str, Any]) -> None:
        """Put what the worker returned beside its weights."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / _RESULT).write_text(json.dumps({"origin": self.origin, "result": result}))

    def explain(self, traceback: str) -> Path:
        """Put there why there is no result, and return its file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / _TRACEBACK
        file.write_text(traceback)
        return file

    def result(self) -> dict[str, Any] | None:
        """Return what was kept, if it is whole and its weights are its own."""
        try:
            kept = json.loads((self.folder / _RESULT).read_text())
        except (OSError, ValueError):  # nothing came home, or a kill or a full disk left half of it
            return None
        result: dict[str, Any] = kept["result"]
        return result if kept["origin"] == self.origin and self._has_weights(result.get("digest")) else None

    def _has_weights(self, digest: str | None) -> bool:
        if digest is None:  # of one that was given up
            return True
        return self.weights.is_file() and sha256(self.weights.read_bytes()).hexdigest() == digest

    def drop(self) -> None:
        """Remove it: all of it is written down, or nobody wants it."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class Spool:
    """All parcels of a study.

    Attributes:
        folder: Where they lie, each under the name of its trial.
        origin: What the trainings of this session depend on besides the study.
    """

    folder: Path
    origin: str = ""

    def parcel(self, name: str) -> Parcel:
        """Return the parcel of a trial."""
        return Parcel(self.folder / name, self.origin)

    def clear(self, keep: Collection[str]) -> None:
        """Remove what is on its way no more, all but these."""
        for folder in self.folder.glob("*"):
            if folder.name not in keep:
                self.parcel(folder.name).drop()
