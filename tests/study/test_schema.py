"""The schema for editors: it takes what is right, and refuses what a schema can know to be wrong."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ConfigDict

import kdorch
from kdorch.discovery import Origin, Plugins, installed
from kdorch.errors import StudyError
from kdorch.study.file import read
from kdorch.study.schema import schema
from kdorch.study.wording import EXAMPLES

WRONG = Path(__file__).with_name("wrong")
SHIPPED = (Path(__file__).parents[2] / "studies").glob("*.yaml")
OURS = [file for file in SHIPPED if "pip install" not in file.read_text()]  # others need a plugin's names
# What no schema can tell: it depends on other sections, on files, on code, or on the command line.
BEYOND = {
    "augment/no-colon", "augment/no-such-function", "augment/no-such-module", "augment/no-views",
    "augment/views-all-alike",
    "choices/same-name-twice", "choices/tuned-option-unknown", "choices/tuned-without-option",
    "local/a-name-that-is-taken", "local/fails-to-import", "local/hook-not-marked",
    "local/no-such-file", "local/offers-nothing",
    "losses/numbers-have-no-classes",
    "modules/main", "modules/no-colon", "modules/no-such-class", "modules/no-such-module", "modules/not-a-class",
    "objectives/first-is-no-score", "objectives/known-too-late-for-the-pruner", "objectives/limit-infinite",
    "objectives/metric-not-asked-for", "objectives/on-test-rows", "objectives/unknown-metric",
    "objectives/limit-unknown", "objectives/value-of-a-loss", "objectives/without-val",
    "parts/nan-and-infinity", "parts/weights-all-zero", "parts/weights-of-teacher-missing",
    "references/no-such-estimator",
    "schedules/beyond-the-training", "schedules/nothing", "schedules/nothing-in-the-first-epoch",
    "schedules/tuned-as-a-number", "schedules/tuned-wrongly",
    "settings/disk-of-another-unit", "settings/memory-as-a-share", "settings/shares-too-large",
    "teachers/estimator-without-colon", "teachers/exported-without-trust", "teachers/features-of-folds", "teachers/fitted-or-loaded",
    "teachers/member-folds-alone", "teachers/no-registry-address", "teachers/no-such-estimator",
    "teachers/no-such-file", "teachers/one-fold", "teachers/one-member", "teachers/weight-of-nobody",
    "tune/auto-without-range", "tune/bad-step", "tune/end-infinite", "tune/end-out-of-range",
    "tune/fractions-for-whole", "tune/log-and-step", "tune/log-from-zero", "tune/no-such-loss",
    "tune/option-of-wrong-type", "tune/option-out-of-range", "tune/range-for-a-switch", "tune/step-zero",
    "tune/upside-down",
    "top/losses-of-the-whole", "top/of-numbers",
    "transfer/omit-of-a-regression",
}  # fmt: skip


@pytest.fixture(scope="module")
def valid() -> Draft202012Validator:
    made = schema(installed())
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made)


def readable() -> Iterator[str]:
    """Yield the wrong studies that are YAML, and wrong by themselves, with our own plugins, whatever the data."""
    for file in sorted(WRONG.glob("*/*.yaml")):
        if file.parent.name not in ("data", "plugins", "set", "together"):
            try:
                read(file)
            except StudyError:
                continue
            yield str(file.relative_to(WRONG).with_suffix(""))


@pytest.mark.parametrize("study", [*OURS, WRONG / "sound.yaml"], ids=lambda study: study.stem)
def test_what_is_sound_is_valid(valid: Draft202012Validator, study: Path) -> None:
    tree = read(study).tree
    valid.validate(tree)
    valid.validate(json.loads(json.dumps(kdorch.Study.load(study).tree())))  # every default filled in


@pytest.mark.parametrize("case", list(readable()))
def test_what_is_wrong_is_refused(valid: Draft202012Validator, case: str) -> None:
    assert valid.is_valid(read(WRONG / f"{case}.yaml").tree) == (case in BEYOND)


@pytest.mark.parametrize("section", EXAMPLES)
def test_the_examples_in_messages_are_right(
    valid: Draft202012Validator, section: str, load: Callable[..., kdorch.Study], small: str, tmp_path: Path
) -> None:
    shutil.copy(WRONG / "local" / "my_loss.py", tmp_path)
    example = EXAMPLES[section].partition(": ")[2].replace("NAME", "size")
    assert load(small, f"{section}={example}")
    valid.validate({**read(WRONG / "sound.yaml", [f"{section}={example}"]).tree})


@pytest.mark.parametrize(
    "sections",
    [
        {"tune": None, "limits": None, "train": None},
        {"student": {"any": [{"use": "mlp"}, {"use": "cnn"}]}, "tune": {"student.mlp.width": "auto"}},
        {
            "student": {"any": {"a": {"use": "mlp"}, "b": {"use": "mlp"}}},
            "tune": {"student.a.width": [8, 16]},
        },
        {"losses": {"kd": {"any": [{"use": "hinton"}, {"use": "logit_mse"}]}}},
        {
            "losses": {"kd": {"use": "hinton", "weight": {"from": 1, "to": 0.1, "epochs": 2}}},
            "tune": {
                "losses.kd.weight.to": {"low": 0, "high": 1},
                "losses.kd.weight.shape": ["step", "cosine"],
            },
        },
        {
            "student": {"use": "module", "target": "net:Net", "args": {"width": 3}},
            "tune": {"student.args.width": [3]},
        },
        {"objectives": {"val/auroc": "max", "cost/mine": "min"}, "metrics": ["auroc"]},
    ],
)
def test_what_else_is_right(valid: Draft202012Validator, sections: dict[str, Any]) -> None:
    valid.validate(read(WRONG / "sound.yaml").tree | sections)


# ---------------------------------------------------------------- what an editor shows


class Money:
    """A type of somebody's own."""


class Costly(kdorch.Loss, name="costly"):
    """Costs something.

    Attributes:
        price: What it costs,
            in all.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)
    price: Annotated[int, kdorch.Range(1, 9)] = 3
    money: Money | None = None


def test_plugins_are_described_by_their_docstrings() -> None:
    class Offer:
        @kdorch.hookimpl
        def register_losses(self, register: Callable[..., None]) -> None:
            register(Costly)
            register("broken", "no_such_module:Loss")

    plugins = Plugins()
    plugins.add(Offer(), Origin("tests", "0", "here"))
    for name in ("quality", "fidelity", "calibration", "size", "flops", "duration"):
        plugins.registries["measure"].add(Origin("tests", "0", "here"), installed().find("measure", name))
    parts = schema(plugins)["$defs"]
    assert parts["Loss"]["properties"]["use"]["anyOf"] == [
        {"const": "costly", "description": "Costs something."}
    ]
    fields = parts["Costly"]["properties"]
    assert fields["price"]["description"] == "What it costs, in all. Range for auto: 1 to 9."
    assert fields["price"]["default"] == 3
    assert fields["weight"] == {
        "description": "Factor of this term in the sum, or a schedule: ``{from: 0, to: 0.9, epochs: 5}``.",
        "oneOf": [{"type": "number", "minimum": 0}, {"$ref": "#/$defs/Schedule"}],
        **{key: fields["weight"][key] for key in ("default", "title")},
    }
    schedule = parts["Schedule"]["properties"]
    assert schedule["from"]["description"].startswith("Weight in the first epoch")
    assert all(field["description"] for field in schedule.values())


def test_the_command_writes_what_it_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def kdorch_study_schema(*words: str) -> tuple[int, str, str]:
        from kdorch.cli import main

        monkeypatch.setattr(sys, "argv", ["kdorch", "study", "schema", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code or 0, *capsys.readouterr()

    monkeypatch.chdir(tmp_path)
    code, printed, errors = kdorch_study_schema()
    assert (code, errors) == (0, "")
    assert json.loads(printed) == schema(installed())
    code, told, errors = kdorch_study_schema("--output", "study.schema.json")
    assert (code, errors) == (0, "")
    assert (tmp_path / "study.schema.json").read_text() == printed
    assert told.splitlines()[-1] == "# yaml-language-server: $schema=study.schema.json"
    code, _, errors = kdorch_study_schema("--output", "nowhere/study.schema.json")
    assert code == 2
    assert "nowhere/study.schema.json cannot be written: No such file or directory." in errors
