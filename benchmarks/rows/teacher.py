"""How often the teacher is asked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from safetensors.torch import save_file

import kdorch
from benchmarks.figures import Figure
from benchmarks.networks import COUNT
from benchmarks.registry import Bound, Effort, row
from benchmarks.work import Given, given, scratch

_VIEWS = 4


@row(
    7,
    "teacher",
    f"W2 in {_VIEWS} views: rows that the teacher's own network counts / rows of training, in each view, and "
    "of validation; then for another study of the same",
    Bound("study", 1.00),
    Bound("another", 0),
)
def teacher(_: Effort) -> Sequence[Figure]:
    """Count what the network of a teacher that was trained elsewhere is asked."""
    start, counts = given("w2"), scratch() / "counts"
    home = start.fresh()
    (home / "store").unlink()  # of which this study gets one of its own
    os.environ[COUNT] = str(counts)
    needed = _VIEWS * len(start.rows["train"]["targets"]) + len(start.rows["validation"]["targets"])
    try:
        asked = [_asked(start, home, counts, name) for name in ("first", "again")]
    finally:
        del os.environ[COUNT]
    return [
        Figure("study", [asked[0] / needed], notes=[f"{asked[0]:,} of {needed:,} rows"]),
        Figure("another", [asked[1] / needed], notes=[f"{asked[1]:,} rows"]),
    ]


def _asked(start: Given, home: Path, counts: Path, name: str) -> int:
    counts.write_text("")
    weights = home / "teacher.safetensors"
    save_file(dict(start.teacher.state_dict()), weights)
    network = {"use": "module", "target": "benchmarks.networks:CountedMlp", "args": {"width": 256}}
    study = start.work.one(
        name=name,
        teacher={"use": "checkpoint", "network": network, "weights": str(weights)},
        augment={"views": _VIEWS, "noise": 0.05},
        search={"trials": 4},
    )
    kdorch.run(study, home=home, workers=1)
    return sum(map(int, counts.read_text().split()))
