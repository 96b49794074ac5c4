"""Killed at random moments, a hundred times and more: ``tox -e faults`` prints what was lost, which is nothing."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from striking import Striking, Victim

from kdorch.tracking.server import serve

pytestmark = [pytest.mark.slow, pytest.mark.faults, pytest.mark.timeout(900)]

TRIALS, SERVED, CONFIRMED = 30, 12, 2  # a trial takes a server half a second
STUDY = {
    "train": {"epochs": 4, "batch": 64, "lr": 0.01},
    "search": {"trials": TRIALS, "sampler": "random", "stack": 1},
    "confirm": {"top": 1, "seeds": 1},
}
STACKED = STUDY | {"search": STUDY["search"] | {"stack": 4}}
PRUNED = STUDY | {"search": STUDY["search"] | {"stack": 4, "pruner": "optimistic"}}
TUNED = STACKED | {"confirm": STUDY["confirm"] | {"baseline": "tuned"}}


@dataclass(frozen=True)
class Fault:
    """What is killed, and of which study.

    Attributes:
        victim: Which of its processes.
        times: How often at least.
        workers: Of the study.
        study: Its sections.
        server: Whether its runs are on a real MLflow server.
    """

    victim: Victim
    times: int
    workers: int
    study: dict[str, Any] = field(default_factory=lambda: STUDY)
    server: bool = False

    @property
    def trials(self) -> int:
        """How many trials a search has."""
        return SERVED if self.server else TRIALS

    @property
    def scratch(self) -> int:
        """How many trials the search without the teacher has."""
        return self.trials if self.study is TUNED else 0

    def __str__(self) -> str:
        how = [f"{self.workers} worker{'s' * (self.workers > 1)}"]
        how += ["stacks"] * (self.study is not STUDY) + ["pruner"] * (self.study is PRUNED)
        how += ["tuned baseline"] * (self.study is TUNED)
        return f"{self.victim} ({', '.join([*how, 'server' if self.server else 'embedded'])})"


FAULTS = [
    Fault("coordinator", 16, 1),
    Fault("coordinator", 16, 2, STACKED),
    Fault("coordinator", 12, 2, PRUNED),
    Fault("coordinator", 10, 2, STACKED, server=True),
    Fault("coordinator", 8, 2, TUNED),
    Fault("worker", 12, 1),
    Fault("worker", 12, 2, STACKED),
    Fault("worker", 8, 2, PRUNED),
    Fault("worker", 10, 2, STACKED, server=True),
    Fault("worker", 8, 2, TUNED),
    Fault("fork server", 8, 2, STACKED),
]


@pytest.fixture(scope="session")
def seed() -> int:
    """Return what all moments are drawn from."""
    drawn = int(os.environ.get("KDORCH_FAULTS_SEED", time.time_ns() % 10**6))
    print(f"\nKDORCH_FAULTS_SEED={drawn}")  # noqa: T201
    return drawn


@pytest.fixture(scope="session")
def table() -> Iterator[list[tuple[Any, ...]]]:
    """What was tried, printed in the end."""
    rows: list[tuple[Any, ...]] = []
    yield rows
    total = ("in all", *(sum(numbers) for numbers in zip(*(row[1:] for row in rows), strict=True)))
    titles = ("killed", "times", "studies", "done again", "lost", "seconds")
    for row in (titles, *rows, total):
        print("{:50}{:>7}{:>9}{:>12}{:>6}{:>9}".format(*row))  # noqa: T201


class Campaign:
    """Studies of one kind, killed until it is enough.

    Args:
        fault: What is killed.
        home: Where each begins; its teacher is not trained yet.
        write: Writes a study's file.
        whole: Checks what is left.
        striking: Runs it.
        uri: The server of its runs, if there is one.
    """

    def __init__(
        self, fault: Fault, home: Path, write: Any, whole: Any, striking: Striking, uri: str | None
    ) -> None:
        self.fault, self._home, self._write, self._whole = fault, home, write, whole
        self._striking, self._uri = striking, uri
        self.killed = self.studies = self.again = self.lost = 0

    def run(self) -> None:
        """Have nobody killed first, to see how long it takes, and then as many as are wanted."""
        began = time.monotonic()
        self._study(0, 0.0)
        seconds = time.monotonic() - began
        longest = seconds / (2 if self.fault.victim == "coordinator" else 4)
        while self.killed < self.fault.times:
            self._study(self.fault.times - self.killed, longest)

    def _study(self, most: int, longest: float) -> None:
        name = f"tiny{self.studies}"
        place = Path(shutil.copytree(self._home, self._home.with_name(name)))
        shutil.rmtree(place / "store" / "teacher")
        file, workers = self._write(**self.fault.study, name=name), self.fault.workers
        words = ("--home", place, "study", "run", file, "--workers", workers)
        words += ("--trials", self.fault.trials)
        self.studies += 1
        wanted = self.fault.trials + self.fault.scratch + CONFIRMED
        self.lost += wanted  # until all of them are found
        self.killed += self._striking.to_the_end(words, self.fault.victim, most, longest)
        found = self._whole(place, name, self._uri)
        records = [each for each in (found.search, found.scratch, found.confirmation) if each]
        found.check(trials=self.fault.trials, confirmed=CONFIRMED, scratch=self.fault.scratch)
        self.again += sum(map(found.repeated, records))
        self.lost += sum(map(found.given_up, records)) - wanted


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_nothing_is_lost(
    fault: Fault,
    seed: int,
    table: list[Any],
    home: Path,
    write: Any,
    whole: Any,
    warm: Any,
    clean: dict[str, str],
    tmp_path: Path,
) -> None:
    folder, server = tmp_path / "here", tmp_path / "server"
    folder.mkdir()
    server.mkdir()
    with serve(server) if fault.server else nullcontext() as running:
        uri = running.url if running else None
        environment = clean | ({"MLFLOW_TRACKING_URI": uri} if uri else {})
        striking = Striking(warm, environment, folder, Random(f"{seed} {fault}"))
        campaign, began = Campaign(fault, home, write, whole, striking, uri), time.monotonic()
        try:
            campaign.run()
        finally:
            seconds = int(time.monotonic() - began)
            table.append(
                (str(fault), campaign.killed, campaign.studies, campaign.again, campaign.lost, seconds)
            )
            print(table[-1], flush=True)  # noqa: T201
    assert campaign.lost == 0
