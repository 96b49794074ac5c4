"""Import paths that lead nowhere are told before a run, and none that leads somewhere is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kdorch.discovery import importable
from kdorch.discovery.targets import complaint

FILES = {
    "own_net.py": "import torch\nfrom own_parts import Block as Part\nraise SystemExit\nclass Net: ...\nwidth = 3\n",
    "own_parts.py": "if True:\n    class Block: ...\nelse:\n    Block = None\ntry:\n    Other = 1\nexcept Exception:\n    Other = 2\n",
    "own_broken.py": "import torch\nclass Net(:\n",
    "own_bytes.py": "\0",
    "own_star.py": "from own_parts import *\n",
    "own_lazy.py": "def __getattr__(name): ...\n",
    "own_made.py": "globals().update(Net=3)\n",
    "own_tools/__init__.py": "from .nets import helper\n",
    "own_tools/nets.py": "def helper(): ...\n",
    "own_space/nets.py": "class Net: ...\n",
}
NOWHERE = "It is looked for among what is installed, beside the study's file and in the current directory."


@pytest.fixture
def told(tmp_path: Path):
    for path, content in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(content)

    def ask(target: str) -> str:
        before = set(sys.modules)
        with importable([str(tmp_path)]):
            found = complaint(target)
        assert set(sys.modules) == before
        return found.replace(f"{tmp_path}/", "")

    return ask


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("own_nett:Net", "there is no module 'own_nett'. Did you mean 'own_net'?"),
        (
            "no_such_thing_anywhere:Net",
            "there is no module 'no_such_thing_anywhere'. " + NOWHERE,
        ),
        ("own_net.inner:Net", "there is no module 'own_net.inner'. Did you mean 'own_net'?"),
        ("own_net:Nett", "own_net.py has no 'Nett'. Did you mean 'Net'?"),
        ("own_net:Block", "own_net.py has no 'Block'. Known: Net."),
        ("own_net:width", "in own_net.py, width is 3, and no class."),
        ("own_tools:Net", "own_tools/__init__.py has no 'Net'."),
        ("own_broken:Net", "line 2 of own_broken.py is not Python: invalid syntax."),
        ("own_bytes:Net", "own_bytes.py is not Python: source code string cannot contain null bytes."),
    ],
)
def test_what_leads_nowhere_is_explained(told, target: str, expected: str) -> None:
    assert told(target) == expected


@pytest.mark.parametrize(
    "target",
    [
        "own_net:Net",
        "own_net:Net.Inner",
        "own_net:Part",
        "own_parts:Block",
        "own_parts:Other",
        "own_star:Anything",
        "own_lazy:Anything",
        "own_made:Net",
        "own_tools:helper",
        "own_tools:nets.helper",
        "own_tools.nets:helper",
        "own_space.nets:Net",
        "own_space:Net",
        "torch.nn:Linear",
        "collections:OrderedDict",
        "sys:exit",
        "math:floor",
    ],
)
def test_what_may_lead_somewhere_is_let_through(told, target: str) -> None:
    assert told(target) == ""
