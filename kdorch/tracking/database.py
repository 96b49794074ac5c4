"""MLflow's local database: made by one process, complete or not at all."""

from __future__ import annotations

import sqlite3
import sys
import warnings
from contextlib import closing
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from kdorch.disk import advice
from kdorch.errors import TrackingError
from kdorch.tracking.address import briefly

_ELSEWHERE = "Choose a place you may write to."
_PATIENCE = 120.0  # seconds; MLflow's migrations take 1 s on an idle machine and 10 s on a busy one


def local_uri(home: Path) -> str:
    """Return the URI of the store in a project directory, which is made if it is not there.

    Args:
        home: The project directory.

    Raises:
        TrackingError: It cannot be written, or another process has been making it for too long.
    """
    return sqlite_uri(home.resolve() / "mlflow.db")


def sqlite_uri(path: Path) -> str:
    """Return the URI of the database at ``path``, an absolute one, made if it is not there.

    Processes that migrate one new database together leave it unusable, and one that is killed half-way does
    too. So it grows under a lock and another name, and appears by a rename: whoever sees it may use it.
    """
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{path}.lock", timeout=_PATIENCE):
                if not path.exists():
                    _create(path)
        except Timeout:
            raise TrackingError(
                f"{path}: another process has been creating this database for {_PATIENCE:.0f} s. "
                "See whether it hangs, stop it, and try again."
            ) from None
        except Exception as error:  # migrations raise whatever their database does
            raise TrackingError(
                f"{path}: cannot create this database: {briefly(error)}. {advice(str(error)) or _ELSEWHERE}"
            ) from error
    return f"sqlite:///{path.as_posix()}"


def _create(path: Path) -> None:
    drafts = f"{path.name}.new"
    for left in path.parent.glob(f"{drafts}*"):  # by a kill or a full disk, with journals of their own
        left.unlink()
    draft = path.with_name(f"{drafts}-{uuid4().hex}")  # MLflow would go on with one that failed before
    with warnings.catch_warnings(action="ignore"):  # MLflow meets deprecations of newer SQLAlchemys
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        store = SqlAlchemyStore(f"sqlite:///{draft.as_posix()}", (path.parent / "artifacts").as_uri())
    store.engine.dispose()
    with closing(sqlite3.connect(draft)) as connection:
        # A commit is one write to one file then, and readers wait for no writer: a run costs a sixth less.
        connection.execute("PRAGMA journal_mode=WAL")
    draft.replace(path)


def close_all() -> None:
    """Close every database that MLflow has open in this process, which it never does itself.

    SQLite tidies up as its last connection is closed; until then ``mlflow.db-wal`` lies beside the database.
    """
    for room in ("tracking", "model_registry"):
        stores = sys.modules.get(f"mlflow.store.{room}.sqlalchemy_store")
        for engine in stores.SqlAlchemyStore._engine_map.values() if stores else ():
            engine.dispose()
