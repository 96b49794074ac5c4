"""What a trial costs beside the barest loop that trains the same network."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from training_toys import result_of

from kdorch.teaching import jobs

EPOCHS, BATCH, WIDTH, RATE = 20, 64, 32, 1e-2
ROUNDS = 15


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """The digits dataset and its teacher, stored."""
    store = str(tmp_path_factory.mktemp("store"))
    data = jobs.data({"store": store, "data": {"use": "digits"}, "split": {}}, print)
    spec = {
        "store": store,
        "teacher": {"use": "trained", "network": {"use": "mlp", "width": 256, "depth": 2}},
        "data": data["path"],
        "seed": 0,
        "score": ["accuracy", "max"],
        "metrics": [],
        "budget": 2**40,
    }
    return data, jobs.teacher(spec, print)


def bare_loop(path):
    """Cross-entropy, in memory, fused, and the accuracy after each epoch; returns the best."""
    train, unseen = (
        [torch.from_numpy(np.load(Path(path) / split / f"{name}.npy")) for name in ("inputs", "targets")]
        for split in ("train", "validation")
    )
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 10))
    optimizer = torch.optim.AdamW(network.parameters(), RATE, fused=True)
    accuracies = []
    for _ in range(EPOCHS):
        order = torch.randperm(len(train[0]))
        shuffled = [column[order].split(BATCH) for column in train]
        for inputs, targets in zip(*shuffled, strict=True):
            optimizer.zero_grad()
            cross_entropy(network(inputs), targets).backward()
            optimizer.step()
        network.eval()
        with torch.no_grad():
            accuracies.append((network(unseen[0]).argmax(-1) == unseen[1]).float().mean().item())
        network.train()
    return max(accuracies)


def seconds(function):
    """CPU time of one call, which others on the machine hardly change."""
    started = time.process_time()
    function()
    return time.process_time() - started


@pytest.mark.slow
def test_a_distilled_trial_costs_little_more_than_a_bare_loop(digits, spec):
    data, teacher = digits
    described = spec(
        data=data["path"],
        teacher=teacher["path"],
        task=data["facts"]["task"],
        student={"use": "mlp", "width": WIDTH},
        train={"epochs": EPOCHS, "batch": BATCH, "lr": RATE},
    )
    result = result_of(described)
    assert result["metrics"]["val/accuracy"] >= bare_loop(data["path"]) - 0.03  # the same work was done
    ratios = []
    for _ in range(ROUNDS):
        bare = seconds(lambda: bare_loop(data["path"]))
        ratios.append(seconds(lambda: result_of(described)) / bare)
    assert median(ratios) <= 1.6, sorted(ratios)
