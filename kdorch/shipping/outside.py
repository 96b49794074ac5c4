"""The world without kdorch: load a logged model in a process of its own, predict, hand the answers back.

Run as a script with a model URI, the folder that was uploaded, an ``.npz`` of batches, and the ``.npz`` to
write, which holds the answers under the same names. Imports nothing of kdorch, on purpose.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path


def main(model_uri: str, uploaded: Path, batches_file: Path, answers_file: Path) -> None:
    """Fetch and load the model, predict each batch, and save the answers."""
    sys.modules["kdorch"] = None  # type: ignore[assignment]  # from here on, importing it is an error
    gc.disable()  # its life is short, and to look for garbage in torch and MLflow takes a quarter of it

    import mlflow.artifacts
    import mlflow.pyfunc
    import numpy as np

    folder = Path(mlflow.artifacts.download_artifacts(model_uri, dst_path=str(answers_file.parent)))
    for file in (each for each in uploaded.rglob("*") if each.is_file()):
        name = file.relative_to(uploaded)
        if (folder / name).read_bytes() != file.read_bytes():  # it may be somebody else's, and run their code
            sys.exit(f"{name} is not what was uploaded")
    model = mlflow.pyfunc.load_model(str(folder))
    with np.load(batches_file) as batches:
        answers = {name: model.predict(batches[name]) for name in batches.files}
    np.savez(answers_file, **answers)


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
    os._exit(0)  # an orderly end takes torch and MLflow another second, and nothing is left to do
