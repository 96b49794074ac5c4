"""A training loop and nothing else: rows in memory, one shuffle an epoch, a cosine, cross-entropy."""

from __future__ import annotations

import math

import torch
from torch.nn.functional import cross_entropy

from benchmarks.work import Given, Trial


def train(given: Given, trial: Trial, seed: int) -> float:
    """Train one student on the labels and return its accuracy on the validation rows."""
    torch.manual_seed(seed)
    inputs, targets = given.rows["train"]["inputs"], given.rows["train"]["targets"]
    student, settings = given.work.student(trial.width), given.work.train
    optimizer = torch.optim.AdamW(student.parameters(), trial.lr, fused=True)
    done, steps = 0, settings["epochs"] * math.ceil(len(inputs) / settings["batch"])
    for _ in range(settings["epochs"]):
        for rows in torch.randperm(len(inputs)).split(settings["batch"]):
            optimizer.param_groups[0]["lr"] = trial.lr * (1 + math.cos(math.pi * done / steps)) / 2
            done += 1
            loss = cross_entropy(student(inputs[rows]), targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    student.eval()
    with torch.no_grad():
        answers = student(given.rows["validation"]["inputs"]).argmax(1)
    share: float = (answers == given.rows["validation"]["targets"]).float().mean().item()
    return share
