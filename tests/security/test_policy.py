"""SECURITY.md says where bytes become objects and what asks for trust; both are looked up in the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kdorch.discovery import own

ROOT = Path(__file__).parents[2]
POLICY = (ROOT / "SECURITY.md").read_text()
SOURCES = sorted([*ROOT.glob("kdorch/**/*.py"), *ROOT.glob("plugins/*/kdorch_*/**/*.py")])
LOADERS = r"pickle\.loads?|torch\.jit\.load|torch\.export\.load|.*load_model|joblib\.load|.*read_pickle|yaml\..*load"


def loads_objects(call: ast.Call) -> bool:
    """Return whether a call may make any object of bytes, or run a text."""
    name, options = ast.unparse(call.func), {each.arg: ast.unparse(each.value) for each in call.keywords}
    if name == "torch.load":
        return options.get("weights_only") != "True"
    if name.endswith("np.load"):
        return options.get("allow_pickle", "False") != "False"
    skops = name == "loads" and "trusted" in options
    shell = options.get("shell", "False") != "False"
    return skops or shell or name in ("eval", "exec", "os.system") or re.fullmatch(LOADERS, name) is not None


def found() -> Iterator[str]:
    for file in SOURCES:
        calls = (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call))
        if any(map(loads_objects, calls)):
            yield file.relative_to(ROOT).as_posix()


def test_every_place_that_makes_objects_of_bytes_is_named() -> None:
    told = re.findall(r"^\| `((?:kdorch|plugins)/\S+\.py)` \|", POLICY, flags=re.MULTILINE)
    assert told == sorted(told)
    assert list(found()) == told


@pytest.mark.parametrize(
    ("call", "is_one"),
    [
        ("torch.load(file)", True),
        ("torch.load(file, weights_only=True)", False),
        ("np.load(file, allow_pickle=True)", True),
        ("np.load(file)", False),
        ("pickle.loads(content)", True),
        ("mlflow.pyfunc.load_model(folder)", True),
        ("subprocess.run(words, shell=True)", True),
        ("json.loads(text)", False),
        ("module.eval()", False),
    ],
)
def test_what_counts(call: str, is_one: bool) -> None:
    [node] = [node for node in ast.walk(ast.parse(call)) if isinstance(node, ast.Call)]
    assert loads_objects(node) == is_one


def test_every_plugin_of_ours_that_can_be_trusted_is_named() -> None:
    trusting = {entry.name for entry in own() if "trust" in entry.spec.model_fields}
    assert trusting == {"exported", "sklearn", "registry"}
    assert all(f"{{use: {name}" in POLICY for name in trusting)
    assert all(entry.spec.model_fields["trust"].default is False for entry in own() if entry.name in trusting)


def test_every_test_that_it_promises_is_there() -> None:
    folder = Path(__file__).parent
    assert {file.stem for file in folder.glob("test_*.py")} >= {
        "test_payloads",
        "test_unexecuted",
        "test_paths",
        "test_exposure",
        "test_canary",
    }
