"""What authors of plugins type."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kdorch.discovery import discover

BROKEN = """
    import kdorch

    class Squares(kdorch.Loss, name="squares"):
        '''Squared differences, of which somebody forgot to take the mean.'''

        power: float

        def __call__(self, student, teacher, batch):
            return (student.logits - teacher.logits).abs() ** self.power

    @kdorch.hookimpl
    def register_losses(register):
        register(Squares)
"""


@pytest.fixture
def squares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install a loss that is wrong."""
    from textwrap import dedent

    site = tmp_path / "site"
    info = site / "kdorch_squares-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "kdorch_squares.py").write_text(dedent(BROKEN))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: kdorch-squares\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[kdorch]\nsquares = kdorch_squares\n")
    monkeypatch.syspath_prepend(str(site))
    discover.cache_clear()
    yield
    discover.cache_clear()
    sys.modules.pop("kdorch_squares", None)


def test_new_says_what_it_wrote_and_what_comes_next(kdorch: Callable[..., Any], tmp_path: Path) -> None:
    told = kdorch("plugins", "new", "my plugin", "--kind", "loss", "--name", "sharp")
    assert (told.code, told.errors) == (0, "")
    written = sorted(
        str(file.relative_to(tmp_path / "my plugin")) for file in tmp_path.rglob("*.*") if file.is_file()
    )
    first, second = told.output.splitlines()
    assert first == f"Wrote my plugin: {', '.join(written)}."
    assert second == (
        "Next: pip install -e 'my plugin''[test]' && pytest 'my plugin' && kdorch study run 'my plugin'/studies/try.yaml"
    )
    again = kdorch("plugins", "new", "my plugin", "--kind", "loss", "--name", "sharp")
    assert (again.code, again.output) == (2, "")
    assert again.errors.startswith("error: my plugin is there already.")


def test_quiet_says_no_more_than_what_was_written(kdorch: Callable[..., Any]) -> None:
    told = kdorch("--quiet", "plugins", "new", "sharp", "--kind", "student", "--name", "sharp")
    assert told.output.startswith("Wrote sharp: ")
    assert "Next:" not in told.output


def test_a_broken_plugin_is_told_what_is_wrong_and_what_to_do(
    kdorch: Callable[..., Any], squares: None
) -> None:
    told = kdorch("--quiet", "plugins", "check", "loss/squares", "--set", "power=2")
    assert told.code == 1
    marks = {line.partition(" ")[0] for line in told.output.splitlines() if not line.startswith(" ")}
    assert marks == {"fail", "loss/squares:"}  # --quiet leaves out what is well
    assert "scalar" in told.output
    assert "      What to do: " in told.output


def test_a_good_one_passes_every_check_for_scripts_too(kdorch: Callable[..., Any]) -> None:
    told = kdorch("plugins", "check", "loss/logit_mse", "--json")
    found = json.loads(told.output)
    assert (told.code, found["kind"], found["name"]) == (0, "loss", "logit_mse")
    assert {check["outcome"] for check in found["checks"]} == {"passed", "skipped"}
    assert all(check["about"] for check in found["checks"])


def test_fields_without_a_default_have_to_be_given(kdorch: Callable[..., Any], squares: None) -> None:
    told = kdorch("plugins", "check", "loss/squares", "--set", "weight=-1")
    assert (told.code, told.output) == (2, "")
    assert told.errors.splitlines() == [
        "error: loss 'squares' has 2 problems:",
        "  weight: should be at least 0, not -1.",
        "  power: is missing. Give it with --set power=VALUE.",
    ]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("loss/hintn",), "No loss is called 'hintn'. Did you mean 'hinton'?"),
        (("hintn",), "No plugin is called 'hintn'. Did you mean 'hinton'?"),
        (("loses/hinton",), "Write KIND/NAME, as in loss/hinton"),
        (("loss/hinton", "--set", "temperature"), "write path=value"),
        (("measure/size",), "there is no contract for a measure"),
    ],
)
def test_what_cannot_be_checked_is_explained(
    kdorch: Callable[..., Any], words: tuple[str, ...], why: str
) -> None:
    told = kdorch("plugins", "check", *words)
    assert (told.code, told.output) == (2, "")
    assert why in told.errors
