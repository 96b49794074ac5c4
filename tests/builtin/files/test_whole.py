"""From somebody's own files to a model that answers as its card says, by the commands that are printed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.metrics import f1_score

pytestmark = pytest.mark.slow

SMALL = (
    "search.trials=3", "confirm.top=1", "confirm.seeds=2", "train.epochs=8", "teacher.epochs=8", "train.lr=0.01",
)  # fmt: skip
Cli = Callable[..., Any]


@pytest.fixture
def customers() -> pd.DataFrame:
    """Skewed classes, text categories, missing cells and labels, ids, and names that tell nothing."""
    random, count = np.random.default_rng(0), 600
    city, age = random.choice(["Rome", "Oslo", "Lima"], count), random.normal(40, 12, count)
    score = (age - 40) / 12 + (city == "Oslo") - (city == "Lima") + random.normal(0, 0.2, count)
    table = pd.DataFrame(
        {
            "id": np.arange(count) + 5000,
            "name": [f"Person {row}" for row in range(count)],
            "age": age.round(2),
            "city": city,
            "member": random.random(count) > 0.5,
            "label": np.where(score > 1.6, "gold", np.where(score < -1.6, "bronze", "silver")),
        }
    )
    table.loc[::17, "age"] = np.nan
    table.loc[::23, "city"] = None
    table.loc[::50, "label"] = None
    return table


def followed(output: str) -> list[str]:
    """Return the words of the command that is recommended."""
    [line] = [line for line in output.splitlines() if line.startswith("Next: kdorch ")]
    return shlex.split(line.removeprefix("Next: kdorch "))


def shipped(data: str, folder: Path, cli: Cli) -> str:
    """Follow what is printed up to the registry, but with a small search; return the card."""
    answer = cli("study", "new", data, cwd=folder)
    assert (answer.returncode, answer.stderr) == (0, "")
    answer = cli(*followed(answer.stdout), *[word for each in SMALL for word in ("--set", each)], cwd=folder)
    for _ in ("run", "promote"):
        assert (answer.returncode, answer.stderr) == (0, "")
        answer = cli(*followed(answer.stdout), cwd=folder)
    assert (answer.returncode, answer.stderr) == (0, "")
    return str(answer.stdout)


def predicted(card: str, folder: Path, environment: dict[str, str], between: str) -> np.ndarray:
    """Run the card's own code where kdorch is not, and return the answers."""
    [uri] = set(re.findall(r'load_model\("(.*?)"\)', card))
    blocks = re.findall(r"```python\n(.*?)\n```", card, flags=re.DOTALL)
    environment = environment | {"MLFLOW_TRACKING_URI": f"sqlite:///{folder / '.kdorch' / 'mlflow.db'}"}
    environment.pop("PYTHONPATH", None)
    code = "\n".join([*blocks[1:], between, blocks[0], "np.save('logits.npy', answers)"])
    for command in (
        [sys.executable, "-m", "mlflow", "artifacts", "download", "-u", uri, "-d", "model"],
        [sys.executable, "-P", "-c", f"import sys; sys.modules['kdorch'] = None\n{code}"],
    ):
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    return np.asarray(np.load(folder / "logits.npy"))


def result(card: str, metric: str) -> float:
    """Return what the card says that this model scores."""
    header, _, row = re.findall(
        r"^\| .*(?:val/|---|this model).*$", card.split("## Results")[1], re.MULTILINE
    )[:3]
    return float(dict(zip(header.split(" | "), row.split(" | "), strict=True))[metric].strip(" |"))


def locked_rows(folder: Path) -> np.ndarray:
    [rows] = (folder / ".kdorch" / "store" / "data").glob("*/test/rows.npy")
    return np.asarray(np.load(rows))


def test_a_table(customers: pd.DataFrame, tmp_path: Path, cli: Cli, clean: dict[str, str]) -> None:
    customers.to_csv(tmp_path / "customers.csv", index=False)
    card = shipped("customers.csv", tmp_path, cli)
    study = (tmp_path / "customers.yaml").read_text()
    assert "class_weights: balanced" in study
    assert "distilled on files (customers.csv): val/f1 0." in card
    locked = customers[customers["id"].isin(locked_rows(tmp_path))]
    assert len(locked) == 118  # a fifth of those that have a label
    unseen = locked.assign(city="Quito", age=None)
    pd.concat([locked, unseen]).to_csv(tmp_path / "new.csv", index=False)
    logits = predicted(card, tmp_path, clean, "")
    assert np.isfinite(logits).all()
    answers = np.array(["bronze", "gold", "silver"])[logits[: len(locked)].argmax(1)]
    measured = f1_score(locked["label"], answers, average="macro")
    assert measured == pytest.approx(result(card, "test/f1"), abs=1e-4)
    assert measured > 0.6  # by chance it would be a third


def test_a_folder_of_images(tmp_path: Path, cli: Cli, clean: dict[str, str]) -> None:
    random, images = np.random.default_rng(0), []
    for row in range(120):
        label = ("plain", "striped")[row % 2]
        image = random.integers(90, 160, (12, 12, 3), dtype=np.uint8)
        image[:: 2 if label == "striped" else 20] = 250
        place = tmp_path / "patterns" / label
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / f"{row:03}.png")
        images.append((label, row))
    card = shipped("patterns", tmp_path, cli)
    assert "student: {use: cnn}" in (tmp_path / "patterns.yaml").read_text()
    in_order = sorted(images)  # as the folder is read
    locked = [in_order[row] for row in locked_rows(tmp_path)]
    paths = [f"patterns/{label}/{row:03}.png" for label, row in locked]
    beside = "sys.path.append('model'); import encode as beside; assert beside.encode is not encode"
    logits = predicted(card, tmp_path, clean, f"{beside}\nrows = beside.encode(*{paths})")
    right = [
        ("plain", "striped")[answer] == label
        for answer, (label, _) in zip(logits.argmax(1), locked, strict=True)
    ]
    assert np.mean(right) == pytest.approx(result(card, "test/accuracy"), abs=1e-4)
    assert np.mean(right) > 0.9
