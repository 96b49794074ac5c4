"""A folder on the path into which real distributions are installed, as pip would leave them."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from textwrap import dedent
from unittest.mock import patch

import pytest

from kdorch.cli import main
from kdorch.discovery import Plugins, discover


@dataclass(frozen=True)
class Site:
    folder: Path

    def add(self, name: str, source: str, *, version: str = "1.0", module: str = "", entry: str = "") -> None:
        """Install a distribution with one module and one entry point."""
        module = module or name.replace("-", "_")
        (self.folder / f"{module}.py").write_text(dedent(source))
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[kdorch]\n{entry or name} = {module}\n")

    def write(self, module: str, source: str) -> None:
        (self.folder / f"{module}.py").write_text(dedent(source))

    def plugins(self) -> Plugins:
        """Discover everything, in this process."""
        return Plugins(entry_points(group="kdorch"))

    def python(self, code: str, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run Python with this folder on its path."""
        command = [sys.executable, "-c", dedent(code), *args]
        path = os.pathsep.join(filter(None, [str(self.folder), os.environ.get("PYTHONPATH")]))
        environ = os.environ | {"PYTHONPATH": path} | environment
        return subprocess.run(
            command, capture_output=True, text=True, env=environ, cwd=self.folder, check=False
        )

    def kdorch(self, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the command line in this folder, in this process; its plugins are found anew."""
        output, errors = io.StringIO(), io.StringIO()
        discover.cache_clear()
        with (
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(errors),
            patch.dict(os.environ, environment),
            patch.object(sys, "argv", ["kdorch", *args]),
            patch.object(sys, "path", list(sys.path)),
            pytest.raises(SystemExit) as ended,
        ):
            main()
        discover.cache_clear()
        return subprocess.CompletedProcess(args, ended.value.code or 0, output.getvalue(), errors.getvalue())


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delenv("KDORCH_DISABLE", raising=False)
    before = set(sys.modules)
    yield Site(folder)
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
