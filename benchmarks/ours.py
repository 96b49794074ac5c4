"""kdorch's side, through what a user has: ``kdorch.run``, and the job that a worker is given."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import kdorch
from benchmarks.measuring import Cost, clock
from benchmarks.processes import adopt_orphans, cpu_seconds, told
from benchmarks.work import Given, Trial, scratch

RUN = "from kdorch.cli import main; main()"
_TRAIN = "kdorch.training.trial:run"


def jobs(given: Given, study: kdorch.Study, trials: int, workers: int = 1) -> list[dict[str, Any]]:
    """Run a study and return what its workers were given to train."""
    from kdorch.execution import LocalExecutor

    found, submit = [], LocalExecutor.submit

    def listen(self: LocalExecutor, job: Any) -> None:
        found.extend([job.spec] if job.entry == _TRAIN else [])
        submit(self, job)

    with mock.patch.object(LocalExecutor, "submit", listen):
        kdorch.run(study, home=given.fresh(), workers=workers, trials=trials)
    return found


def seeded(job: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Return the same job from another seed."""
    return {**job, "trials": [trial | {"seed": seed} for trial in job["trials"]]}


def alone(job: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a job for each of its trials."""
    for trial in job["trials"]:
        yield {**job, "trials": [trial]}


def train(job: Mapping[str, Any]) -> Cost:
    """Do a worker's job here, where everything is imported; its cost is for all its trials."""
    with clock() as cost:
        results = [result for result, _weights in done(job)]
    cost.accuracies = [result["metrics"]["val/accuracy"] for result in results]
    return cost


def done(job: Mapping[str, Any]) -> list[tuple[dict[str, Any], Path]]:
    """Do a worker's job and return what it reports of each trial, in their order, and the weights."""
    from kdorch.execution.memory import keep_what_is_freed
    from kdorch.training.trial import run

    keep_what_is_freed()  # as a worker does; what the others train in this process has it from then on, too
    reports: list[dict[str, Any]] = []
    folder = scratch()
    trials = [trial | {"weights": str(folder / trial["name"])} for trial in job["trials"]]
    run({**job, "trials": trials}, reports.append)
    results = {report["trial"]: report["result"] for report in reports if "result" in report}
    return [(results[trial["name"]], folder / trial["name"]) for trial in trials]


def asked(trial: Mapping[str, Any]) -> Trial:
    """Return what a trial of a job was to train, for the others to do the same."""
    student, taught = trial["student"], trial["losses"]["kd"]
    width = student.get("args", student)["width"]
    return Trial(width, trial["train"]["lr"], taught["temperature"], taught["weight"])


def study(given: Given, trials: int, *overrides: str, workers: int = 1) -> dict[str, Any]:
    """Run a study in a process of its own; see `main`."""
    arguments = [str(given.work.file), str(given.fresh()), str(trials), str(workers)]
    arguments += [*given.work.overrides, *overrides]
    return told("benchmarks.ours", arguments)


def command(given: Given, trials: int, *overrides: str, workers: int = 1) -> list[list[float]]:
    """Run a study as a user does, and return the objectives of its complete trials."""
    home = given.fresh()
    arguments = ["--home", str(home), "study", "run", str(given.work.file)]
    arguments += ["--trials", str(trials), "--workers", str(workers)]
    for override in (*given.work.overrides, *overrides):
        arguments += ["--set", override]
    subprocess.run([sys.executable, "-c", RUN, *arguments], check=True, stdout=subprocess.DEVNULL)  # noqa: S603  ours
    results = kdorch.Results(given.work.name, home)
    values: list[list[float]] = results.trials[list(results.study.objectives)].to_numpy().tolist()
    return values


class Clocked(kdorch.Observer):
    """Starts the clock at the first line of a run, when workers have imported, and listens for the search."""

    def __init__(self) -> None:
        self.cpu = self.wall = 0.0
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        """Start the clock, once."""
        if not self.lines:
            self.cpu, self.wall = cpu_seconds(), time.perf_counter()
        self.lines.append(text)


def main(file: str, home: str, trials: str, workers: str, *overrides: str) -> None:
    """Run a study, and print what it took after the imports, how long it searched, and what it found."""
    import mlflow  # noqa: F401  given to both sides, as are optuna and torch
    import optuna  # noqa: F401  likewise
    import torch  # noqa: F401  likewise

    adopt_orphans()
    observer = Clocked()
    results = kdorch.run(
        kdorch.Study.load(file, overrides),
        home=Path(home),
        workers=int(workers),
        trials=int(trials),
        observer=observer,
    )
    took = {"cpu": cpu_seconds() - observer.cpu, "wall": time.perf_counter() - observer.wall}
    values = results.trials[list(results.study.objectives)].to_numpy().tolist()
    print(json.dumps(took | {"lines": observer.lines, "values": values}))  # noqa: T201  to the process that asks


if __name__ == "__main__":
    main(*sys.argv[1:])
