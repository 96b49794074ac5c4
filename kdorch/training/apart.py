"""How far two trainings of one student are apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from kdorch.discovery import installed
from kdorch.kinds import Task
from kdorch.training.building import SAMPLE, build
from kdorch.training.device import home, on_its_device, rows_there, there
from kdorch.training.evaluate import evaluate
from kdorch.training.rows import open_rows


@on_its_device
def run(spec: Mapping[str, Any], _: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Let a student answer the validation rows with one file of weights and with another; what a worker runs.

    Args:
        spec: ``data`` (stored directory), ``task``, ``budget``, the ``student``, and ``weights``: both files.

    Returns:
        ``logits``: the largest difference between the two; None where weights do not fit the student.
    """
    plugins = installed()
    task: Task = plugins.part("task", spec["task"])
    rows = rows_there(open_rows(Path(spec["data"]), "validation", None, budget=spec["budget"]))
    batch, _told = home(next(rows.batches(SAMPLE)))
    network, _shown = build(plugins.part("student", spec["student"]), task, batch)
    answers = []
    for weights in spec["weights"]:
        try:
            home(network).load_state_dict(load_file(weights))
        except RuntimeError:  # how torch says that they are of another network
            return {"logits": None}
        answers.append(evaluate(there(network), rows, task).logits)
    one, other = answers
    return {"logits": float((one - other).abs().max())}
