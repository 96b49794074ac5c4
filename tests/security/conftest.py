"""The command line in this process, for what is hostile."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # for planting

from kdorch.cli import main


@dataclass(frozen=True)
class Answer:
    code: int
    output: str
    errors: str


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run ``kdorch WORDS``."""

    def run(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["kdorch", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Answer(int(ended.value.code or 0), captured.out, captured.err)

    return run
