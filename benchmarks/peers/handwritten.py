"""A search as a careful engineer writes it by hand: PyTorch, Optuna and MLflow in one file.

The teacher answers each batch under ``no_grad``. Learning rates follow a cosine, the best epoch by
validation is kept, every epoch is logged, weights are saved once. Optuna keeps a journal, which is cheaper
than its databases.
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import mlflow
import optuna
import torch
from optuna.storages.journal import JournalFileBackend
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.measuring import clock
from benchmarks.networks import Cnn, CnnTeacher, Mlp
from benchmarks.work import Given, Trial

Batches = DataLoader[tuple[Tensor, ...]]
Log = Callable[[int, dict[str, float]], None]
LABELS = 0.1  # weight of the labels


def loaders(rows: Mapping[str, Mapping[str, Tensor]], batch: int) -> tuple[Batches, Batches]:
    """Return training and validation batches; workers of a loader would cost more than they save."""
    train, validation = (
        TensorDataset(rows[split]["inputs"], rows[split]["targets"]) for split in ("train", "validation")
    )
    return DataLoader(train, batch, shuffle=True), DataLoader(validation, 1024)


def distil(
    student: nn.Module,
    teacher: nn.Module,
    batches: tuple[Batches, Batches],
    *,
    epochs: int,
    lr: float,
    temperature: float,
    weight: float,
    log: Log,
) -> float:
    """Train a student, leave it with the weights of its best epoch, and return that epoch's accuracy."""
    train, validation = batches
    optimizer = torch.optim.AdamW(student.parameters(), lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * len(train))
    best, state = 0.0, student.state_dict()
    for epoch in range(1, epochs + 1):
        student.train()
        total = 0.0
        for inputs, targets in train:
            with torch.no_grad():
                told = teacher(inputs)
            logits = student(inputs)
            soft = functional.kl_div(
                functional.log_softmax(logits / temperature, 1),
                functional.softmax(told / temperature, 1),
                reduction="batchmean",
            )
            hard = functional.cross_entropy(logits, targets)
            loss = LABELS * hard + weight * temperature**2 * soft
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(inputs)
        accuracy = evaluate(student, validation)
        log(epoch, {"train_loss": total / len(train.dataset), "val_accuracy": accuracy})  # type: ignore[arg-type]
        if accuracy > best:
            best, state = accuracy, copy.deepcopy(student.state_dict())
    student.load_state_dict(state)
    return best


@torch.no_grad()
def evaluate(student: nn.Module, batches: Batches) -> float:
    """Return the share of rows that are answered rightly."""
    student.eval()
    right: int = sum((student(inputs).argmax(1) == targets).sum().item() for inputs, targets in batches)
    return right / len(batches.dataset)  # type: ignore[arg-type]  # a TensorDataset has a length


def train(given: Given, trial: Trial, seed: int) -> float:
    """Train one student, as the search does it, and log nothing."""
    torch.manual_seed(seed)
    return distil(
        given.work.student(trial.width),
        given.teacher,
        loaders(given.rows, given.work.train["batch"]),
        epochs=given.work.train["epochs"],
        lr=trial.lr,
        temperature=trial.temperature,
        weight=trial.weight,
        log=lambda _epoch, _metrics: None,
    )


def search(work: str, given: dict[str, Any], trials: int, folder: Path, seed: int) -> optuna.Study:
    """Search student size and distillation settings, and log every trial to MLflow."""
    make, make_teacher, widths, rates = SPACES[work]
    teacher = make_teacher()
    teacher.load_state_dict(given["teacher"])
    teacher.eval().requires_grad_(requires_grad=False)
    batches = loaders(given["rows"], given["train"]["batch"])

    def objective(trial: optuna.Trial) -> tuple[float, int]:
        width = trial.suggest_int("width", *widths, log=True)
        params = {
            "lr": trial.suggest_float("lr", *rates, log=True),
            "temperature": trial.suggest_float("temperature", 1.0, 8.0),
            "weight": trial.suggest_float("weight", 0.1, 1.0),
        }
        torch.manual_seed(seed)
        student = make(width)
        with mlflow.start_run(run_name=f"trial-{trial.number}"):
            mlflow.log_params(trial.params)
            accuracy = distil(
                student,
                teacher,
                batches,
                epochs=given["train"]["epochs"],
                log=lambda epoch, metrics: mlflow.log_metrics(metrics, step=epoch),
                **params,
            )
            size = sum(parameter.numel() for parameter in student.parameters())
            mlflow.log_metrics({"accuracy": accuracy, "params": size})
            torch.save(student.state_dict(), folder / "student.pt")
            mlflow.log_artifact(str(folder / "student.pt"))
        return accuracy, size

    study = optuna.create_study(
        storage=optuna.storages.JournalStorage(JournalFileBackend(str(folder / "optuna.journal"))),
        directions=["maximize", "minimize"],
        sampler=optuna.samplers.TPESampler(multivariate=True, seed=seed),
    )
    study.optimize(objective, n_trials=trials)
    return study


SPACES: dict[str, tuple[Callable[[int], nn.Module], Callable[[], nn.Module], Any, Any]] = {
    "w1": (Cnn, CnnTeacher, (4, 32), (1e-3, 1e-2)),
    "w2": (Mlp, lambda: Mlp(256), (8, 64), (3e-3, 3e-2)),
}


def main(work: str, file: str, trials: str, folder: str, seed: str) -> None:
    """Search, and print what it took after the imports and what it found."""
    given = torch.load(file)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    with clock() as cost:
        mlflow.create_experiment(work, artifact_location=Path(folder, "artifacts").as_uri())
        mlflow.set_experiment(work)
        study = search(work, given, int(trials), Path(folder), int(seed))
    values = [trial.values for trial in study.trials]
    print(json.dumps({"cpu": cost.cpu, "wall": cost.wall, "values": values}))  # noqa: T201  to the process that asks


if __name__ == "__main__":
    main(*sys.argv[1:])
