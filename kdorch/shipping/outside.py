"""The world without kdorch: load a logged model in a process of its own, predict, hand the answers back.

Run as a script with a model URI, an ``.npz`` of batches, and the ``.npz`` to write, which holds the answers
under the same names. Imports nothing of kdorch, on purpose.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main(model_uri: str, batches_file: Path, answers_file: Path) -> None:
    """Load the model, predict each batch, and save the answers."""
    sys.modules["kdorch"] = None  # type: ignore[assignment]  # from here on, importing it is an error

    import mlflow.pyfunc
    import numpy as np

    model = mlflow.pyfunc.load_model(model_uri)
    with np.load(batches_file) as batches:
        answers = {name: model.predict(batches[name]) for name in batches.files}
    np.savez(answers_file, **answers)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    os._exit(0)  # an orderly end takes torch and MLflow another second, and nothing is left to do
