"""An environment of its own, to install plugins into as their authors and users do."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Environment:
    """A virtual environment that sees the libraries of this one, and kdorch among them.

    Attributes:
        folder: Where it is.
        work: Where commands run.
    """

    folder: Path
    work: Path

    def install(self, *what: str) -> None:
        pip = [sys.executable, "-m", "pip", "--python", str(self.folder / "bin" / "python")]
        options = ["--quiet", "--disable-pip-version-check", "-c", str(ROOT / "constraints.txt")]
        self._run(*pip, "install", *options, *what)

    def python(self, *words: str, code: int | None = 0) -> str:
        """Run Python and return what it prints; it ends with this code, or with any."""
        return self._run(str(self.folder / "bin" / "python"), *words, code=code)

    def kdorch(self, *words: str, code: int | None = 0) -> str:
        """Run the command line and return what it prints; it ends with this code, or with any."""
        return self.python("-c", "from kdorch.cli import main; main()", *words, code=code)

    def _run(self, *words: str, code: int | None = 0) -> str:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "PYTEST_"))
        }
        kept.setdefault("KDORCH_DATA", str(self.work / "data"))
        done = subprocess.run(words, cwd=self.work, env=kept, capture_output=True, text=True, check=False)
        assert code in {None, done.returncode}, f"{words}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    folder = tmp_path / "environment"
    venv.create(folder, symlinks=True)
    site = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    ours = [str(ROOT), sysconfig.get_path("purelib")]
    lines = [f"import site; site.addsitedir({path!r})" for path in ours]
    Path(site, "ours.pth").write_text("\n".join(lines))
    (tmp_path / "work").mkdir()
    return Environment(folder, tmp_path / "work")
