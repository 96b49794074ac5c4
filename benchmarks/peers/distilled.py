"""The same training through torchdistill 1.1.5, by a configuration as its examples write them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import torch
from torch.utils.data import DataLoader, RandomSampler, TensorDataset

from benchmarks.peers import torchvision
from benchmarks.peers.handwritten import LABELS, evaluate
from benchmarks.work import Given, Trial


def train(given: Given, trial: Trial, seed: int) -> float:
    """Train one student and return the accuracy of its best epoch.

    Raises:
        ImportError: If torchdistill is not installed.
    """
    torchvision.pretend()
    from torchdistill.core.distillation import get_distillation_box

    logging.disable(logging.INFO)  # it tells its configuration each time
    torch.manual_seed(seed)
    settings, rows = given.work.train, given.rows
    datasets = {name: TensorDataset(rows[name]["inputs"], rows[name]["targets"]) for name in rows}
    student = given.work.student(trial.width)
    config = _config(settings, trial, len(datasets["train"]))
    box = get_distillation_box(
        given.teacher, student, datasets, config, torch.device("cpu"), None, distributed=False, lr_factor=1
    )
    validation = DataLoader(datasets["validation"], 1024)
    best = 0.0
    for epoch in range(settings["epochs"]):
        box.pre_epoch_process(epoch=epoch)
        for inputs, targets, extra in box.train_data_loader:
            box.post_forward_process(loss=box.forward_process(inputs, targets, extra))
        best = max(best, evaluate(student, validation))
        box.post_epoch_process()
    return best


def _config(settings: Mapping[str, Any], trial: Trial, rows: int) -> dict[str, Any]:
    steps = settings["epochs"] * -(-rows // settings["batch"])
    output = {"student_module_path": ".", "teacher_module_path": "."}
    output |= {"student_module_io": "output", "teacher_module_io": "output"}
    weights = {"temperature": trial.temperature, "alpha": LABELS, "beta": trial.weight}
    loss = {"key": "KDLoss", "kwargs": output | weights}
    return {
        "num_epochs": settings["epochs"],
        "train_data_loader": {
            "dataset_id": "train",
            "sampler": {"class_or_func": RandomSampler},
            "kwargs": {"batch_size": settings["batch"]},
        },
        "teacher": {"forward_proc": "forward_batch_only", "requires_grad": False},
        "student": {"forward_proc": "forward_batch_only"},
        "optimizer": {"key": "AdamW", "kwargs": {"lr": trial.lr}},
        "scheduler": {"key": "CosineAnnealingLR", "kwargs": {"T_max": steps}, "scheduling_step": 1},
        "criterion": {
            "key": "WeightedSumLoss",
            "kwargs": {"sub_terms": {"kd": {"criterion": loss, "weight": 1.0}}},
        },
    }
