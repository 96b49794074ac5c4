"""A trial trained again comes out equal, and what was changed since is named."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kdorch
from kdorch.teaching.store import _files

pytestmark = pytest.mark.slow

PLUGIN = """
import kdorch
from torch import nn


class Plain(kdorch.Student, name="plain", tasks={"classification"}):
    def build(self, task):
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 12), nn.ReLU(), nn.Linear(12, task.outputs))


@kdorch.hookimpl
def register_students(register):
    register(Plain)
"""
PLAIN = {
    "name": "plain",
    "student": {"use": "plain"},
    "plugins": ["./own_plain.py"],
    "augment": {"views": 2, "noise": 0.1},
    "train": {"epochs": 3, "batch": 64, "deterministic": True},
    "tune": {"train.lr": {"low": 5e-3, "high": 2e-2}},
    "search": {"trials": 2, "sampler": "random", "threads": 2},
    "confirm": {"top": 0},
}
STACKED = {
    "name": "stacked",
    "train": {"epochs": 4, "batch": 64, "lr": 0.01},
    "search": {"trials": 4, "sampler": "random", "stack": 4},
    "confirm": {"top": 1, "seeds": 1},
}


@pytest.fixture(scope="session")
def _ran(
    _template: Path,
    shared: Callable[..., Path],
    tree: Callable[..., dict[str, Any]],
    cli: Callable[..., Any],
) -> Path:
    """Both studies, run by a process of its own."""

    def fill(folder: Path) -> None:
        shutil.copytree(_template, folder / "home")
        (folder / "own_plain.py").write_text(PLUGIN)
        for sections in (PLAIN, STACKED):
            file = folder / f"{sections['name']}.yaml"
            file.write_text(json.dumps(tree(**sections)))
            ran = cli("--home", str(folder / "home"), "study", "run", str(file), "--workers", "1")
            assert ran.returncode == 0, ran.stderr

    return shared("again", fill)


@pytest.fixture
def folder(_ran: Path, tmp_path: Path) -> Iterator[Path]:
    """The same, to be changed; the weights stay where they were written."""
    copied = Path(shutil.copytree(_ran, tmp_path / "again"))
    for record in copied.glob("home/studies/*/study.json"):
        record.write_text(record.read_text().replace(str(_ran), str(copied)))
    yield copied
    sys.modules.pop("own_plain", None)


def again(folder: Path, name: str = "plain", trial: int = 0, **options: Any) -> Any:
    return kdorch.reproduce(kdorch.Results(name, folder / "home"), trial, **options)


def names(found: Any) -> list[str]:
    return [difference.name for difference in found.inputs]


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def note(folder: Path, **changed: Any) -> None:
    """Change what was noted of the inputs."""
    file = folder / "home" / "studies" / "plain" / "study.json"
    record = json.loads(file.read_text())
    for noted in record["inputs"].values():
        assert changed.keys() <= noted.keys()
        noted.update(changed)
    file.write_text(json.dumps(record))


def entry(folder: Path, kind: str) -> Path:
    record = json.loads((folder / "home" / "studies" / "plain" / "study.json").read_text())
    return folder / "home" / "store" / kind / record[kind]["digest"]


def answer_otherwise(teacher: Path) -> None:
    """Let a stored teacher be one that has answered otherwise, as another version of it may."""
    logits = np.load(teacher / "train" / "logits.npy")
    np.save(teacher / "train" / "logits.npy", logits[:, ::-1])
    manifest = json.loads((teacher / "manifest.json").read_text())
    (teacher / "manifest.json").write_text(json.dumps(manifest | {"files": _files(teacher)}))


def forget_stacks(folder: Path) -> None:
    """Leave nobody know which trials shared a stack, as of those that were trained before that was noted."""
    with sqlite3.connect(folder / "home" / "mlflow.db") as database:
        assert database.execute("DELETE FROM tags WHERE key = 'kdorch.stack'").rowcount
    database.close()


def tables(folder: Path) -> dict[str, list[Any]]:
    """Return all that MLflow knows."""
    with sqlite3.connect(folder / "home" / "mlflow.db") as database:
        listed = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        found = {name: database.execute(f"SELECT * FROM {name}").fetchall() for (name,) in listed}
    database.close()
    return found


def files(folder: Path) -> dict[str, bytes]:
    """Return everything else that a run writes, and the store."""
    home = folder / "home"
    written = (path for path in home.rglob("*") if path.is_file() and not path.match("mlflow.db*"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in written}


# ---------------------------------------------------------------- equal


def test_a_deterministic_trial_is_equal_bit_for_bit_and_nothing_is_written(folder: Path) -> None:
    known, written = tables(folder), files(folder)
    for trial in (0, 1):
        found = again(folder, trial=trial)
        assert (found.verdict, found.equal, found.logits) == ("bit for bit", True, 0.0)
        assert (found.results, found.inputs, found.noted) == ((), (), True)
    (noted,) = kdorch.Results("plain", folder / "home").record["inputs"].values()
    assert noted["threads"] == 2  # and so it was two again
    assert tables(folder) == known
    assert files(folder) == written


@pytest.mark.parametrize("trial", range(4))
def test_a_trial_of_a_stack_is_equal_bit_for_bit_in_the_same_stack(trial: int, folder: Path) -> None:
    found = again(folder, "stacked", trial)
    assert found.placement == ("in a stack of 4", "in a stack of 4")
    assert (found.verdict, found.inputs) == ("bit for bit", ())


def test_a_trial_whose_stack_nobody_knows_is_equal_alone_but_for_rounding(folder: Path) -> None:
    forget_stacks(folder)
    found = again(folder, "stacked", 2)
    assert found.placement == ("in a stack of 4", "alone")
    assert (found.verdict, found.equal) == ("within 1e-4", True)
    assert 0 < found.logits <= 1e-4
    assert found.inputs == ()


def test_where_every_bit_is_promised_rounding_is_not_equal(folder: Path) -> None:
    forget_stacks(folder)
    record = folder / "home" / "studies" / "stacked" / "study.json"
    edit(record, '"deterministic": false', '"deterministic": true')
    found = again(folder, "stacked")
    assert (found.verdict, found.equal) == ("within 1e-4", False)
    assert names(found) == ["train.deterministic in stacked.yaml"]


def test_a_confirmation_is_found_by_its_seed(folder: Path) -> None:
    results = kdorch.Results("stacked", folder / "home")
    (confirmed,) = set(results.confirmed["candidate"])
    ledger = (folder / "home" / "ledger.jsonl").read_bytes()
    found = again(folder, "stacked", confirmed, seed=1000)
    assert found.who == f"Trial {confirmed}, confirmed with seed 1000,"
    assert found.verdict == "bit for bit"
    assert (folder / "home" / "ledger.jsonl").read_bytes() == ledger
    with pytest.raises(kdorch.ChoiceError, match=r"not confirmed with seed 7.*confirmed with: 1000\."):
        again(folder, "stacked", confirmed, seed=7)
    with pytest.raises(kdorch.ChoiceError, match="the nearest number is 1"):
        again(folder, trial=9)


def test_what_is_gone_from_the_store_is_made_again(folder: Path) -> None:
    said: list[str] = []

    class Listening(kdorch.Observer):
        def say(self, text: str) -> None:
            said.append(text)

    shutil.rmtree(folder / "home" / "store")
    found = again(folder, observer=Listening())
    assert said == [f"{what} is no longer in the store: it is made again" for what in ("data", "teacher")]
    assert (found.verdict, found.inputs) == ("bit for bit", ())
    (noted,) = kdorch.Results("plain", folder / "home").record["inputs"].values()
    assert {"data", "teacher", "transfer", "answers"} <= noted.keys()  # and so they were compared


# ---------------------------------------------------------------- something has changed


def test_other_versions_and_processors_are_named_though_it_comes_out_equal(folder: Path) -> None:
    note(folder, torch="1.0", processor="another")
    found = again(folder)
    assert found.verdict == "bit for bit"
    assert names(found) == ["torch", "processor"]
    assert str(found.inputs[1]).startswith("processor was another, is now ")


def test_edits_of_the_file_are_named_and_the_record_is_trained(folder: Path) -> None:
    edit(folder / "plain.yaml", '"name": "plain"', '"name": "plain", "split": {"seed": 5}')
    found = again(folder)
    assert (found.verdict, names(found)) == ("bit for bit", ["split.seed in plain.yaml"])


def test_a_record_with_another_seed_is_another_training(folder: Path) -> None:
    edit(folder / "home" / "studies" / "plain" / "study.json", '  "seed": 0,\n', '  "seed": 3,\n')
    found = again(folder)
    assert (found.verdict, found.equal, names(found)) == (
        "differs",
        False,
        ["stored transfer", "stored answers", "seed in plain.yaml"],  # the views are drawn from it, too
    )
    assert found.logits > 0.1
    assert "val/accuracy" in {difference.name for difference in found.results}


def test_a_comment_in_a_plugin_is_named_and_changes_nothing(folder: Path) -> None:
    edit(folder / "own_plain.py", "class Plain", "# As plain as can be.\nclass Plain")
    found = again(folder)
    assert (found.verdict, names(found)) == ("bit for bit", ["code, file or version behind student"])


@pytest.mark.parametrize(
    ("old", "new", "fits"), [("nn.ReLU()", "nn.Tanh()", True), ("64, 12", "64, 13", False)]
)
def test_a_plugin_that_changed_is_named(old: str, new: str, fits: bool, folder: Path) -> None:
    edit(folder / "own_plain.py", old, new)
    if not fits:
        edit(folder / "own_plain.py", "12, task", "13, task")
    found = again(folder)
    assert (found.verdict, found.equal) == ("differs", False)
    assert names(found) == ["code, file or version behind student"]
    assert (found.logits is not None) == fits


def test_a_plugin_that_fails_now_is_named_beside_its_error(folder: Path) -> None:
    edit(folder / "own_plain.py", "nn.Flatten()", "nn.Flaten()")
    with pytest.raises(kdorch.TrainingError, match=r"Trial 0 cannot be trained again: .*Flaten") as raised:
        again(folder)
    assert "code, file or version behind student was" in str(raised.value)


def test_a_teacher_that_answered_otherwise_is_named(folder: Path) -> None:
    answer_otherwise(entry(folder, "teacher"))
    found = again(folder)
    assert (found.verdict, found.equal, names(found)) == ("differs", False, ["stored teacher"])


@pytest.mark.parametrize("kind", ["data", "teacher"])
def test_a_damaged_store_is_told(kind: str, folder: Path) -> None:
    array = next(entry(folder, kind).glob("train/*.npy"))
    content = bytearray(array.read_bytes())
    content[-1] ^= 1
    array.write_bytes(content)
    with pytest.raises(kdorch.StoreError, match=rf"damaged: train/{array.name} is not as it was written"):
        again(folder)
