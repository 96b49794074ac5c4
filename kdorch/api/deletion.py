"""Delete a study: its record, its trials and its page in MLflow. What others may rely on stays."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kdorch.errors import StoreError
from kdorch.search.home import Folder, Home, size
from kdorch.search.ledger import Ledger

if TYPE_CHECKING:
    from kdorch.tracking.removal import Page


@dataclass(frozen=True)
class Deletion:
    """What goes when a study is deleted, and what stays.

    Attributes:
        folder: Its directory, which goes.
        size: Bytes in it.
        page: Its page in MLflow, which goes; None if there is none.
        readings: Its readings of test rows in the ledger, which stay.
        words: The file and settings it was run with.
    """

    folder: Folder
    size: int
    page: Page | None
    readings: int
    words: tuple[str, ...]
    _uri: str

    @property
    def restore(self) -> str:
        """The command that brings its experiment back, for as long as MLflow keeps it."""
        where = "" if os.environ.get("MLFLOW_TRACKING_URI") else f"MLFLOW_TRACKING_URI={self._uri} "
        return f"{where}mlflow experiments restore -x {self.page.experiment}" if self.page else ""

    def carry_out(self) -> str | None:
        """Delete it; return what its experiment is called now, in MLflow's bin.

        A deletion that is interrupted can be repeated: the record, which says what there is, goes last.

        Raises:
            TrackingError: If MLflow refuses; then nothing was deleted.
        """
        from kdorch.tracking.removal import remove_page

        aside = remove_page(self._uri, self.page) if self.page else None
        for path in self.folder.path.iterdir():
            if path.is_dir() and not path.is_symlink():  # of a link, what it leads to is not ours
                shutil.rmtree(path)
            elif path.name != "study.json":
                path.unlink()
        shutil.rmtree(self.folder.path)
        return aside


@contextmanager
def deletion(name: str, home: Path) -> Iterator[Deletion]:
    """Hold a study, and say what its deletion would mean.

    Raises:
        ChoiceError: If there is no such study.
        BusyError: If somebody runs it.
        StoreError: If its directory is a link, so that it lies elsewhere.
        TrackingError: If its runs are elsewhere, or cannot be reached.
    """
    from kdorch.api import tracking_uri
    from kdorch.search.logbook import same_place
    from kdorch.tracking.database import local_uri
    from kdorch.tracking.removal import find_page

    project = Home(home)
    folder = project.known(name)
    if folder.path.is_symlink():
        where = f"{folder.path} is a link to {folder.path.resolve()}"
        raise StoreError(f"{where}. Delete what is there yourself, and then the link.")
    with folder.claim():
        record, uri = folder.read() or {}, tracking_uri(home)
        same_place(name, record["tracking"], uri)
        known = uri is not None or (home / "mlflow.db").exists()  # local_uri would make one, without runs
        place = (uri or local_uri(home)) if known else ""
        page = find_page(place, name, record["identity"]) if known else None
        words = tuple(record.get("words", ()))
        readings = sum(entry.get("study") == name for entry in Ledger(project.ledger).entries())
        yield Deletion(folder, size(folder.path), page, readings, words, place)
