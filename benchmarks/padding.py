"""A record with as many trials as one likes, made of copies of one that was trained."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from optuna.trial import FrozenTrial, create_trial

from kdorch.search.record import Record


def pad(record: Record, database: Path, wanted: int) -> None:
    """Add copies of the complete trials to Optuna and of their runs to MLflow, until there are enough.

    Args:
        record: Where some trials are complete.
        database: MLflow's, in SQLite.
        wanted: Complete trials in all.
    """
    known = record.complete()
    run, numbers = known[0].user_attrs["run_id"], range(len(known), wanted)
    with record.together():
        for number in numbers:
            record.study.add_trial(_copy(known[number % len(known)], number, run))
    _copy_runs(database, run, numbers)


def _copy(trial: FrozenTrial, number: int, run: str) -> FrozenTrial:
    """Return a trial like this one with an accuracy and a run of its own; its parameters are drawn anew."""
    chance = random.Random(number)  # noqa: S311  no secret
    accuracy, size = trial.values
    params = {name: _drawn(trial, name, chance) for name in trial.params}
    attributes = trial.user_attrs | {"run_id": f"{run}-{number}"}
    return create_trial(
        values=[accuracy - 0.1 * chance.random(), size],
        params=params,
        distributions=trial.distributions,
        user_attrs=attributes,
    )


def _drawn(trial: FrozenTrial, name: str, chance: random.Random) -> float | int:
    span = trial.distributions[name]
    value = chance.uniform(span.low, span.high)
    return round(value) if isinstance(trial.params[name], int) else value


def _copy_runs(database: Path, run: str, numbers: range) -> None:
    with sqlite3.connect(database) as connection:
        for table, columns in _tables(connection):
            chosen = ", ".join(
                "run_uuid || '-' || number" if each == "run_uuid" else each for each in columns
            )
            connection.executemany(
                f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608  names are the database's own
                f"SELECT {chosen} FROM {table}, (SELECT ? AS number) WHERE run_uuid = ?",
                [(number, run) for number in numbers],
            )
    connection.close()


def _tables(connection: sqlite3.Connection) -> Iterator[tuple[str, list[str]]]:
    """Yield each table that says something about runs, with its columns."""
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        columns = [f'"{each[1]}"' for each in connection.execute(f"PRAGMA table_info({table})")]
        if '"run_uuid"' in columns:
            yield table, [each.strip('"') if each == '"run_uuid"' else each for each in columns]
