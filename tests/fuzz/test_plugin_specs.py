"""Whatever the fields of a plugin are given, and whatever a file with plugins holds, it is taken or refused."""

from __future__ import annotations

import json
from itertools import count
from typing import Any, get_args

import pytest
from fuzzing import PAYLOAD, files, refusal, room, share
from hypothesis import example, given
from hypothesis import strategies as st
from junk import PARTS, TEXTS, VALUES, WORDS, yaml

from kdorch.discovery import discover, installed
from kdorch.errors import KdorchError
from kdorch.study import Study

pytestmark = pytest.mark.slow
SURFACE = "plugin specs"
BASE: dict[str, Any] = {
    "name": "full",
    "data": {"use": "digits"},
    "teacher": {"use": "trained", "network": {"use": "mlp"}},
    "student": {"use": "mlp"},
    "losses": {"task": {"use": "task"}, "kd": {"use": "hinton"}},
    "objectives": {"val/accuracy": "max"},
}
KINDS = ("dataset", "teacher", "student", "loss", "measure")
SPECS = [(kind, name) for kind in KINDS for name in installed().names(kind)]
OWN = {
    "net.py": "class Net: ...\nNUMBER = 3\n",
    "broken.py": "class Net(:\n",
    "zeros.py": "\x00",
    "deep.py": "x = " + "(" * 500,
    "payload.py": f"open('../{PAYLOAD}', 'w')\nclass Net: ...\n",
    "latin.py": "# -*- coding: nonsense -*-\n",
    "rows.csv": "a,b\n1,x\n2,y\n",
    "empty.npz": "",
    "weights.safetensors": "{",
    "model.pt2": "PK",
}
NAMED = st.sampled_from(
    [*(f"{file.partition('.')[0]}:Net" for file in OWN if file.endswith(".py")),
     "net:Nett", "net:NUMBER", "net:Net.inner", "os:system", "builtins:eval", "__main__:Net", ":", "net:", "a..b:C",
     "sklearn.linear_model:LogisticRegression", "no.where:Net", "é:é", "net :Net", "kdorch:Loss", "json.dumps",
     *OWN, ".", "..", "nowhere.csv", "rows.csv/x", "../beside/diary.txt", "~", "/dev/null", "/proc/self/mem", "\x00",
     "models:/a/1", "models:/", "runs:/x/y", "file:///etc/passwd"]
)  # fmt: skip
FIELDS = VALUES | NAMED | st.lists(NAMED, max_size=2) | st.dictionaries(TEXTS | WORDS, NAMED, max_size=2)


@st.composite
def parts(draw: Any) -> tuple[str, dict[str, Any]]:
    """Return a kind, and a plugin of it with some fields."""
    kind, name = draw(st.sampled_from(SPECS))
    fields = installed().find(kind, name).model_fields
    chosen = draw(st.lists(st.sampled_from([*fields, "nonsense"]), max_size=4, unique=True))
    required = [field for field, info in fields.items() if info.is_required()]
    return kind, {"use": name} | {field: draw(_field(fields.get(field))) for field in (*required, *chosen)}


def _field(info: Any) -> st.SearchStrategy[Any]:
    """Return what may stand in a field: what its type asks for, as often as anything else."""
    choices = [option for option in get_args(info.annotation) if isinstance(option, str)] if info else []
    if not choices and info and "Path" in str(info.annotation):
        return NAMED | FIELDS
    return FIELDS | st.sampled_from(choices) if choices else FIELDS


def study(kind: str, part: dict[str, Any]) -> dict[str, Any]:
    """Return a study with this part in its place."""
    place = {"dataset": "data", "measure": "measures", "loss": "losses"}.get(kind, kind)
    return BASE | {place: {"measure": [part], "loss": {"task": part}}.get(kind, part)}


def load(tree: dict[str, Any], more: dict[str, str]) -> KdorchError | None:
    """Read a study beside these files; what is accepted can be kept and read again."""
    with room() as folder:
        for name, text in (OWN | more).items():
            (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        before = files(folder)
        (folder / "study.yaml").write_text(yaml(tree))

        def kept() -> None:
            found = Study.load(folder / "study.yaml")
            assert Study(**json.loads(json.dumps(found.tree()))) == found

        error = refusal(SURFACE, kept)
        now = [file for file in files(folder) if "__pycache__" not in file]
        assert now == sorted([*before, "study.yaml"])
    return error


@share(5)
@given(parts())
def test_fields_of_a_plugin(made: tuple[str, dict[str, Any]]) -> None:
    load(study(*made), {})


@share(1)
@given(st.sampled_from(KINDS), PARTS | FIELDS | st.fixed_dictionaries({"use": FIELDS}))
def test_what_stands_in_the_place_of_a_plugin(kind: str, part: Any) -> None:
    load(study(kind, part), {})


LINES = st.sampled_from(
    ["import kdorch", "import nowhere", "raise SystemExit(3)", "raise KeyError('x')", "1 / 0", "def", "\x00", "\ud800",
     "from kdorch import *", "from kdorch import Nothing", "import kdorch.nothing", "class Rude(Exception):",
     "    def __str__(self): raise ValueError", "raise Rude", "def f(): f()", "f()", "raise ValueError('\\x1b[2J')",
     "class Part(kdorch.Loss, name='part'): ...", "class Part(kdorch.Loss): ...", "class Part(kdorch.Loss, name=3): ...",
     "class Part(kdorch.Loss, name='a/b'): ...", "class Part(kdorch.Loss, name='part', needs='features'): ...",
     "class Part(kdorch.Loss, name='part', odd=1): ...", "class Part(kdorch.Spec, name='part'): ...", "class Part: ...",
     "class Part(kdorch.Loss, name='part'):", "    use: int = 3", "    width: 'Nothing' = 3", "    power: object = 1",
     "    x: float = kdorch.Range(1, 0)", "    def complaints(self): return 3", "    def complaints(self): 1 / 0",
     "    def complaints(self): return {3: None}", "    def misfits(self, task, outputs=None): 1 / 0",
     "    def fingerprint(self): 1 / 0", "    needs = 3", "    def import_paths(self): return 3", "    def offers(self): 1 / 0",
     "@kdorch.hookimpl", "def register_losses(register): register(Part)", "def register_losses(register): return Part",
     "def register_losses(register): register('part', 'nowhere:Part')", "def register_losses(): ...",
     "def register_losses(register): register('part')", "def register_losses(register): register(3, None)",
     "def register_losses(register): register(Part), register(Part)", "def register_losses(other): ...",
     "def register_nothing(register): register(Part)", "def register_losses(register): 1 / 0"]
)  # fmt: skip
FRAME = ["import kdorch", "class Part(kdorch.Loss, name='part'):", "    pass", "@kdorch.hookimpl"]
FRAME += ["def register_losses(register): register(Part)"]
NUMBERS = count()


@st.composite
def sources(draw: Any) -> str:
    """Return a file with a plugin, in which some lines are others."""
    lines = list(FRAME)
    for line in draw(st.lists(LINES, min_size=1, max_size=3)):
        at = draw(st.integers(0, len(lines)))
        lines[at : at + draw(st.integers(0, 1))] = [line]
    return "\n".join(lines) + draw(st.sampled_from(["", "\n", "\r\n", "\x1a"]))


@share(1)
@given(sources())
@example("\n".join([*FRAME[:2], "    needs = 3", *FRAME[3:]]))
@example("\n".join([*FRAME[:2], "    width: 'Nothing' = 3", *FRAME[3:]]))
@example("\n".join([*FRAME[:2], "    def complaints(self): ...", *FRAME[3:]]))
@example("\n".join([*FRAME[:2], "    def misfits(self, task, outputs=None): 1 / 0", *FRAME[3:]]))
@example("\n".join([*FRAME[:2], "    def import_paths(self): return 3", *FRAME[3:]]))
def test_a_file_with_plugins(source: str) -> None:
    name = f"fuzzed_{next(NUMBERS)}.py"  # Python imports a name once
    losses = {"task": {"use": "task"}, "own": {"use": "part"}}
    try:
        load(BASE | {"plugins": [f"./{name}"], "losses": losses}, {name: source})
    finally:
        discover.cache_clear()
