"""The project directory: what lies where."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from kdorch.disk import usable
from kdorch.errors import BusyError, ChoiceError, StoreError, did_you_mean
from kdorch.stopwatch import part

_PATIENCE = 0.2  # seconds: whoever asks for the holder takes the lock for a moment


@dataclass(frozen=True)
class Folder:
    """The directory of one study.

    It holds ``study.json`` (what is searched, with which data and teacher), ``optuna.journal`` (the trials),
    ``logs`` (what workers print), and meanwhile ``spool`` and ``checkpoints``.
    """

    path: Path

    @property
    def journal(self) -> Path:
        """Optuna's journal: the source of truth."""
        return self.path / "optuna.journal"

    @property
    def spool(self) -> Path:
        """Results on their way from a worker to Optuna and MLflow."""
        return self.path / "spool"

    @property
    def checkpoints(self) -> Path:
        """How far long trainings are."""
        return self.path / "checkpoints"

    @property
    def _holder(self) -> Path:
        return self.path / "holder"

    @property
    def logs(self) -> Path:
        """What jobs print."""
        return self.path / "logs"

    def read(self) -> dict[str, Any] | None:
        """Return what is known about the study, or None before its first run.

        Raises:
            StoreError: If it cannot be read.
        """
        file = self.path / "study.json"
        try:
            record = json.loads(file.read_text())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{file} cannot be read: {error.strerror}.") from error
        except ValueError:  # a full disk or a lost machine left half a file
            record = None
        if not isinstance(record, dict):
            raise StoreError(
                f"{file} is broken: it does not hold a JSON object. Delete it, and run the study again as it "
                f"was begun: its trials are in {self.journal.name}, and stay."
            )
        return record

    @part("own files")
    def write(self, record: dict[str, Any]) -> None:
        """Replace what is known, whole or not at all."""
        self.path.mkdir(parents=True, exist_ok=True)
        aside = self.path / "study.json.partial"
        aside.write_text(json.dumps(record, indent=1))
        aside.replace(self.path / "study.json")

    @contextmanager
    def claim(self) -> Iterator[None]:
        """Hold the study for this process; the system lets go of it however the process ends.

        Raises:
            BusyError: If another process holds it.
            StoreError: If the directory cannot be written.
        """
        lock = FileLock(self.path / "lock", timeout=_PATIENCE)
        try:
            with usable(self.path.parents[1]):
                self.path.mkdir(parents=True, exist_ok=True)
                lock.acquire()
                self._holder.write_text(_this_process())
        except Timeout:
            who = self._holder.read_text() if self._holder.exists() else "another process"
            raise BusyError(
                f"Study {self.path.name!r} is being run by {who}. Wait for it, or end it."
            ) from None
        try:
            yield
        finally:
            self._holder.unlink(missing_ok=True)
            lock.release()

    def holder(self) -> str | None:
        """Return which process holds the study, in words; None if none does."""
        lock = FileLock(self.path / "lock", timeout=0)
        try:
            who = self._holder.read_text()
            lock.acquire()
        except Timeout:
            return who
        except OSError:  # nobody wrote it, or nobody may write here, and so nobody runs a study
            return None
        lock.release()
        return None

    def abandoned(self) -> str | None:
        """Return which process held the study when it was killed, in words; None if none was."""
        return self._holder.read_text() if self._holder.exists() and not self.holder() else None


def _this_process() -> str:
    now = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
    return f"process {os.getpid()} on {platform.node()} since {now}"


def size(folder: Path) -> int:
    """Return the bytes in a directory, which may be changing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue  # it is gone by now, or not ours to see
    return total


@dataclass(frozen=True)
class Home:
    """A project directory, ``.kdorch`` by default."""

    path: Path

    @property
    def store(self) -> Path:
        """Prepared data and teachers, by content."""
        return self.path / "store"

    @property
    def promotions(self) -> Path:
        """What promotions that are underway are about to do, and who holds which registered model."""
        return self.path / "promotions"

    @property
    def ledger(self) -> Path:
        """Every reading of a test split."""
        return self.path / "ledger.jsonl"

    def study(self, name: str) -> Folder:
        """Return the directory of a study, whether it exists or not."""
        return Folder(self.path / "studies" / name)

    def studies(self) -> list[str]:
        """Return the names of the studies that were run."""
        return sorted(file.parent.name for file in (self.path / "studies").glob("*/study.json"))

    def known(self, name: str) -> Folder:
        """Return the directory of a study that was run.

        Raises:
            ChoiceError: If there is none of that name.
        """
        if name in self.studies():
            return self.study(name)
        hint = did_you_mean(name, self.studies()) or "None was run yet: kdorch study run FILE."
        raise ChoiceError(f"No study {name!r} in {self.path}. {hint}")
