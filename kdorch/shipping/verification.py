"""Proof that a logged model runs without kdorch and answers as the student does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kdorch.errors import PromotionError
from kdorch.shipping import outside
from kdorch.tracking.address import masked

TOLERANCE = 1e-5
"""Allowed difference per answer: this much of its unit, which for a logit is 1, and of its size."""

_DEADLINE = 300.0  # seconds; loading takes about 5
_LAST_LINES = 8


def verify(
    model_id: str,
    uploaded: Path,
    tracking_uri: str,
    example: NDArray[Any],
    expected: Mapping[int, NDArray[Any]],
    unit: NDArray[Any],
) -> None:
    """Load the logged model in a fresh process without kdorch and compare its answers.

    Args:
        model_id: The logged model.
        uploaded: Its files: what comes back has to be the same before it is loaded.
        tracking_uri: Where it is logged; absolute, since the process works in a folder of its own.
        example: Raw rows, batch first.
        expected: The student's own answers on the first rows, by batch size.
        unit: How much each output changes when its logit rises by 1.

    Raises:
        PromotionError: The model comes back changed, does not load, crashes, hangs, or answers differently.
    """
    with TemporaryDirectory(prefix="kdorch-verify-") as folder:
        batches, outputs = Path(folder, "batches.npz"), Path(folder, "answers.npz")
        np.savez(batches, allow_pickle=False, **{str(size): example[:size] for size in expected})
        _run_outside(f"models:/{model_id}", tracking_uri, uploaded, batches, outputs)
        with np.load(outputs) as answers:
            for size, own in expected.items():
                _compare(size, answers[str(size)], own, unit)


def _run_outside(model_uri: str, tracking_uri: str, uploaded: Path, batches: Path, outputs: Path) -> None:
    # -E and -P keep PYTHONPATH and the working directory off the import path. -I would also hide packages
    # installed for this user alone, and MLflow may be one of them.
    command = [sys.executable, "-E", "-P", outside.__file__, model_uri]
    command += map(str, (uploaded, batches, outputs))
    environment = {
        **os.environ,
        "MLFLOW_TRACKING_URI": tracking_uri,
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    try:
        done = subprocess.run(  # noqa: S603  # our own interpreter and script
            command,
            cwd=batches.parent,
            env=environment,
            timeout=_DEADLINE,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PromotionError(
            f"the exported student gave no answer within {_DEADLINE:.0f} s in a process without kdorch."
        ) from error
    if done.returncode != 0:
        told = masked(done.stderr, tracking_uri)
        last = "\n".join(f"  {line}" for line in told.strip().splitlines()[-_LAST_LINES:])
        raise PromotionError(
            "the exported student does not run in a process without kdorch "
            f"(exit status {done.returncode}). Its last lines:\n{last}"
        )


def _compare(size: int, answer: NDArray[Any], expected: NDArray[Any], unit: NDArray[Any]) -> None:
    if answer.shape != expected.shape:
        raise PromotionError(
            f"the exported student answers a batch of {size} with shape {answer.shape}, "
            f"the student itself with {expected.shape}: the export is wrong."
        )
    difference, allowed = np.abs(answer - expected), TOLERANCE * (unit + np.abs(expected))
    if not (difference <= allowed).all():
        raise PromotionError(
            f"the exported student differs from the student by up to {difference.max():.3g} at batch size "
            f"{size}; {allowed.min():.3g} is allowed. Something in its forward behaves differently while "
            "being exported."
        )
