"""Packages made here, and the real clients pointed at them: nothing leaves the machine."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

import kdorch

ROWS = "usr/share/made-up"
FILES = {"rows.csv": "1,2\n3,4\n", "mail/a-1.txt": "one", "mail/b.txt": "two"}


def sha(text: str) -> str:
    return sha256(text.encode()).hexdigest()


# What the command that the docs show prints for mail/*.txt.
CHECKSUMS = {
    "rows.csv": sha(FILES["rows.csv"]),
    "mail/*.txt": sha(f"{sha('one')}  mail/a-1.txt\n{sha('two')}  mail/b.txt\n"),
}


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data directory."""
    monkeypatch.setenv("KDORCH_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def write(folder: Path) -> Path:
    for name, text in (FILES | {"unused.txt": "not asked for"}).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings of apt that know one repository, in a folder, with the package ``made-up``."""
    if not shutil.which("apt-get"):
        pytest.skip("apt-get is not here")
    root = tmp_path_factory.mktemp("apt")
    built = root / "made-up"
    write(built / ROWS)
    (built / "DEBIAN").mkdir()
    about = "Package: made-up\nVersion: 1.0\nArchitecture: all\nMaintainer: us\nDescription: rows\n"
    (built / "DEBIAN" / "control").write_text(about)
    deb = root / "made-up_1.0_all.deb"
    subprocess.run(["dpkg-deb", "--build", "-Znone", built, deb], check=True, capture_output=True)
    digest = sha256(deb.read_bytes()).hexdigest()
    (root / "Packages").write_text(
        f"{about}Filename: ./{deb.name}\nSize: {deb.stat().st_size}\nSHA256: {digest}\n"
    )
    (root / "sources.list").write_text(f"deb [trusted=yes] file:{root} ./\n")
    for folder in ("lists/partial", "cache/archives/partial"):
        (root / folder).mkdir(parents=True)
    settings = root / "apt.conf"
    settings.write_text(
        f'Dir::Etc::sourcelist "{root}/sources.list"; Dir::Etc::sourceparts "-"; Dir::State::lists "{root}/lists";'
        f' Dir::Cache "{root}/cache"; APT::Sandbox::User "";'
    )
    subprocess.run(
        ["apt-get", "update"],
        env={"APT_CONFIG": str(settings), "PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
    )
    return settings


@pytest.fixture
def source(repository: Path, monkeypatch: pytest.MonkeyPatch) -> kdorch.Debian:
    monkeypatch.setenv("APT_CONFIG", str(repository))
    return kdorch.Debian("made-up", root=ROWS, files=CHECKSUMS, size=1000)


@pytest.fixture
def made() -> Callable[[Path], Path]:
    """Return what writes the files of the package, and one that nobody uses, into a folder."""
    return write
