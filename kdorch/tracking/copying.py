"""Runs in MLflow's local database, several written in one transaction, like one that its client wrote.

The client takes eight transactions and 20 ms of CPU for a run, most of it for objects that nobody looks at;
its rows take 2 ms, and are all there or not at all. What is in them is copied from a run of the client's, so
that little of MLflow's tables has to be known here: names, numbers, texts. Whatever is out of the ordinary is
left to the client. See ``docs/decisions/0025-runs-in-one-transaction.md``.
"""

from __future__ import annotations

import posixpath
import re
import shutil
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from mlflow import MlflowClient
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from kdorch.tracking.values import Point

_ORDINARY = re.compile(r"[\w.\- :/]{1,250}")  # names that MLflow takes, if they are paths without detours
_NAME = "mlflow.runName"
_PATIENCE = 20_000  # milliseconds that one who writes waits for another, as MLflow does

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Content:
    """What is in a run.

    Attributes:
        name: Its name.
        began: When it did, in seconds since 1970.
        params: Texts that are short enough.
        tags: The same.
        points: Finite numbers.
        files: Kept with it.
    """

    name: str
    began: float
    params: Mapping[str, str]
    tags: Mapping[str, str]
    points: Sequence[Point]
    files: Sequence[Path] = ()


class Copier:
    """Writes runs like a given one.

    Args:
        engine: Of the database.
        files: Where the files of all runs lie.
        run_id: Of a run that the client has begun.
        tags: That the client was given; what else the run has, others get too.

    Raises:
        SQLAlchemyError: If the tables are not as they are known here.
    """

    def __init__(self, engine: Engine, files: Path, run_id: str, tags: Iterable[str]) -> None:
        self._engine, self._files, self._like = engine, files, run_id
        self._open: set[str] = set()  # those that are not ended
        with engine.connect() as connection:
            [self._run] = _rows(connection, "runs", run_uuid=run_id)
            own = {row["key"]: row["value"] for row in _rows(connection, "tags", run_uuid=run_id)}
            self._tags = {key: value for key, value in own.items() if key not in (*tags, _NAME)}
            self._inputs = _rows(connection, "inputs", destination_id=run_id)
            self._input_tags = {
                row["input_uuid"]: _rows(connection, "input_tags", input_uuid=row["input_uuid"])
                for row in self._inputs
            }

    def write(self, contents: Sequence[Content]) -> list[str]:
        """Write runs that are not ended yet.

        Returns:
            Their ids; none if they are left to the client, and nothing is written.
        """
        runs = {_new_id(): content for content in contents}
        if not self._insert(runs):
            return []
        self._open.update(runs)
        for run_id, content in runs.items():
            place = self._files / run_id / "artifacts"
            place.mkdir(parents=True)
            for file in content.files:
                shutil.copyfile(file, place / file.name)
        return list(runs)

    def _insert(self, runs: Mapping[str, Content]) -> bool:
        now = _milliseconds(time.time())
        if not all(map(_is_ordinary, set().union(*map(_names, runs.values())))):
            return False
        rows: dict[str, list[Row]] = defaultdict(list)
        for run_id, content in runs.items():
            for table, more in self._rows(run_id, content, now):
                rows[table] += more
        try:
            with self._writing() as connection:
                if not self._is_active(connection):
                    return False
                for table, all_rows in rows.items():
                    _insert(connection, table, all_rows)
        except SQLAlchemyError:  # the client says what is wrong, if it is with it, too
            return False
        return True

    def _rows(self, run_id: str, content: Content, now: int) -> Iterator[tuple[str, list[Row]]]:
        """Yield the rows of a run by their tables, those first that others refer to."""
        run = {
            "run_uuid": run_id,
            "name": content.name,
            "start_time": _milliseconds(content.began),
            "artifact_uri": self._run["artifact_uri"].replace(self._like, run_id),
        }
        yield "runs", [{**self._run, **run}]
        yield "tags", _texts(run_id, {**self._tags, **content.tags, _NAME: content.name})
        yield "params", _texts(run_id, content.params)
        yield "metrics", _numbers(run_id, content.points, now)
        yield "latest_metrics", _numbers(run_id, _latest(content.points), now)
        for row in self._inputs:
            own = _new_id()
            yield "inputs", [{**row, "input_uuid": own, "destination_id": run_id}]
            yield "input_tags", [{**tag, "input_uuid": own} for tag in self._input_tags[row["input_uuid"]]]

    def end(self, statuses: Mapping[str, str]) -> dict[str, str]:
        """End the runs that were written here.

        Args:
            statuses: By run.

        Returns:
            Those that are left to the client.
        """
        mine = self._open & statuses.keys()
        if not mine:
            return dict(statuses)
        self._open -= mine
        # No run ends before it began, even if somebody has put the clock back.
        change = "UPDATE runs SET status = ?, end_time = MAX(?, start_time) WHERE run_uuid = ?"
        now = _milliseconds(time.time())
        values = [(statuses[run_id], now, run_id) for run_id in mine]
        try:
            with self._writing() as connection:
                done = connection.exec_driver_sql(change, values).rowcount == len(mine)
        except SQLAlchemyError:
            done = False
        return {run_id: each for run_id, each in statuses.items() if not (done and run_id in mine)}

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {_PATIENCE}")
            yield connection

    def _is_active(self, connection: Connection) -> bool:
        [experiment] = _rows(connection, "experiments", experiment_id=self._run["experiment_id"])
        return bool(experiment["lifecycle_stage"] == self._run["lifecycle_stage"])


def copier(client: MlflowClient, run_id: str, tags: Iterable[str], files: Path | None) -> Copier | None:
    """Return what writes further runs like this one; None where only the client can."""
    engine = getattr(client._tracking_client.store, "engine", None)
    if files is None or engine is None or engine.dialect.name != "sqlite":
        return None
    try:
        return Copier(engine, files, run_id, tags)
    except (SQLAlchemyError, ValueError, KeyError):
        return None


def _new_id() -> str:
    return uuid4().hex


def _milliseconds(seconds: float) -> int:
    return int(1000 * seconds)


def _is_ordinary(name: str) -> bool:
    return bool(_ORDINARY.fullmatch(name)) and posixpath.normpath(name) == name


def _rows(connection: Connection, table: str, **where: Any) -> list[dict[str, Any]]:
    [(column, value)] = where.items()
    found = connection.exec_driver_sql(f"SELECT * FROM {table} WHERE {column} = ?", (value,))  # noqa: S608  names of our own
    return [dict(row) for row in found.mappings()]


def _names(content: Content) -> Iterator[str]:
    """Yield the names that MLflow may refuse."""
    yield from content.params
    yield from content.tags
    yield from (point.name for point in content.points)


def _insert(connection: Connection, table: str, rows: Sequence[Row]) -> None:
    if rows:
        columns = list(rows[0])
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608  likewise
        connection.exec_driver_sql(statement, [tuple(row[column] for column in columns) for row in rows])


def _texts(run_id: str, values: Mapping[str, str]) -> list[Row]:
    return [{"run_uuid": run_id, "key": key, "value": value} for key, value in values.items()]


def _numbers(run_id: str, points: Iterable[Point], now: int) -> list[Row]:
    common = {"run_uuid": run_id, "timestamp": now, "is_nan": False}
    return [common | {"key": point.name, "value": point.value, "step": point.step} for point in points]


def _latest(points: Sequence[Point]) -> list[Point]:
    latest: dict[str, Point] = {}
    for point in points:
        if point.name not in latest or point.step >= latest[point.name].step:
            latest[point.name] = point
    return list(latest.values())
