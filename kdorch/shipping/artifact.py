"""The student as files: an exported program in MLflow's model format, with nothing pickled."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from hashlib import sha256
from pathlib import Path
from typing import Any

import mlflow.pytorch
from mlflow.models import Model, ModelSignature
from mlflow.types import Schema, TensorSpec
from numpy.typing import NDArray
from torch import nn

from kdorch.errors import PromotionError
from kdorch.shipping.environment import requirements
from kdorch.shipping.legend import COLUMNS_FILE, ENCODE_FILE

LABELS_FILE = "labels.json"
_TRACED_ROWS = 3  # none of the batch sizes that are verified, so a batch size frozen by the export is noticed


def save(
    module: nn.Module,
    folder: Path,
    *,
    example: NDArray[Any],
    logits: NDArray[Any],
    labels: tuple[str, ...],
    columns: Sequence[Mapping[str, Any]],
    encoding: str,
    metadata: dict[str, Any],
) -> Model:
    """Export the module into ``folder`` as an MLflow model.

    Args:
        module: From raw rows to answers, in evaluation mode, on the CPU.
        folder: A folder that does not exist yet.
        example: Raw rows, batch first; the first three trace the export and become the model's input example.
        logits: The module's answer to any of them.
        labels: Names of the outputs, in the order of the outputs; written to ``labels.json`` unless empty.
        columns: What each column of a table is; written to ``columns.json`` unless empty.
        encoding: Python that makes rows of what a client has; written to ``encode.py`` unless empty.
        metadata: Facts for the model's ``MLmodel`` file.

    Returns:
        MLflow's description of the model, as written to ``MLmodel``.

    Raises:
        PromotionError: The module cannot be exported.
    """
    model = Model(metadata=metadata)
    try:
        # Both warn about their own insides, and torch prints a failed graph, which the error also holds.
        with warnings.catch_warnings(action="ignore"), redirect_stderr(io.StringIO()):
            mlflow.pytorch.save_model(
                module,
                folder,
                mlflow_model=model,
                metadata=metadata,
                signature=_signature(example, logits),
                input_example=example[:_TRACED_ROWS],
                pip_requirements=requirements(),
                serialization_format="pt2",
            )
    except Exception as error:
        raise PromotionError(
            f"the student cannot be exported with torch.export: {_first_lines(error)}\n"
            "A shipped network is a fixed graph: its forward must not branch on values of its inputs. "
            "Rewrite that part with torch.where or torch.cond, or promote another student."
        ) from error
    # An exported program stays on its device; without this, loading it where CUDA is visible fails.
    model.flavors["python_function"]["config"] = {"device": "cpu"}
    model.save(folder / "MLmodel")
    for name, facts in ((LABELS_FILE, labels), (COLUMNS_FILE, columns)):
        if facts:
            (folder / name).write_text(json.dumps(facts, ensure_ascii=False) + "\n", encoding="utf-8")
    if encoding:
        (folder / ENCODE_FILE).write_text(f"{encoding.strip()}\n", encoding="utf-8")
    return model


def digest(folder: Path) -> str:
    """Return the SHA-256 of the program in a saved model: who loads it elsewhere can tell that it is ours."""
    return sha256((folder / "data" / "model.pt2").read_bytes()).hexdigest()


def _signature(example: NDArray[Any], logits: NDArray[Any]) -> ModelSignature:
    return ModelSignature(inputs=Schema([_any_batch(example)]), outputs=Schema([_any_batch(logits)]))


def _any_batch(array: NDArray[Any]) -> TensorSpec:
    return TensorSpec(array.dtype, (-1, *array.shape[1:]))


def _first_lines(error: Exception, count: int = 3) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:count]) or type(error).__name__
