"""Names in studies, archives and registries lead nowhere but below the directory they belong to."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import torch

import kdorch
from kdorch.api.weights import fetch
from kdorch.errors import KdorchError
from kdorch.shipping.names import check_alias, check_model_name
from kdorch.teaching.answers import columns_of
from kdorch.teaching.store import Store

ASTRAY = ("../decoy", "..", "studies/../../decoy", "/decoy", ".decoy", "de\\coy", "de\0coy", "~decoy")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project directory with one study, and beside it what looks like another."""
    for folder in (tmp_path / "home" / "studies" / "tiny", tmp_path / "decoy"):
        folder.mkdir(parents=True)
        (folder / "study.json").write_text(json.dumps({"tracking": "the project directory", "identity": "1"}))
        (folder / "precious").touch()
    return tmp_path / "home"


@pytest.mark.parametrize("name", ASTRAY)
def test_a_study_cannot_be_called_what_leads_elsewhere(name: str, tree: Any, project: Path, ask: Any) -> None:
    with pytest.raises(kdorch.StudyError, match="name"):
        kdorch.Study(**tree(name=name))
    with pytest.raises(kdorch.ChoiceError):
        kdorch.Results(name, project)
    for command in (["study", "delete", "--yes"], ["study", "show"], ["promote", "--model", "m"], ["ui"]):
        assert ask("--home", str(project), *command, "--", name).code == 2
    assert (project.parent / "decoy" / "precious").exists()


@pytest.mark.parametrize("name", [*ASTRAY, "", "a/b", "a:b", "a@b"])
def test_a_model_cannot_be_called_so_either(name: str) -> None:
    for check in (check_model_name, check_alias):
        with pytest.raises(kdorch.PromotionError, match="cannot be used"):
            check(name)


@pytest.mark.parametrize("name", ["../../evil", "/evil", "..", "a/b"])
def test_what_a_network_calls_its_features_names_no_other_file(name: str) -> None:
    told = kdorch.Output(torch.zeros(2, 3), {name: torch.zeros(2, 1)})
    *_, column = columns_of(told, {name})
    assert Path(f"{column}.npy").name == f"{column}.npy"
    assert column.startswith("features.")


@pytest.mark.parametrize("place", ["the study", "in the study"])
def test_deleting_a_study_leaves_alone_what_a_link_leads_to(place: str, project: Path, ask: Any) -> None:
    study, decoy = project / "studies" / "tiny", project.parent / "decoy"
    if place == "the study":
        shutil.rmtree(study)
        study.symlink_to(decoy)
    else:
        (study / "logs").symlink_to(decoy)
    answer = ask("--home", str(project), "study", "delete", "tiny", "--yes")
    assert {file.name for file in decoy.iterdir()} >= {"precious", "study.json"}
    assert answer.code == (2 if place == "the study" else 0)
    assert study.exists() == (place == "the study")
    assert ("is a link to" in answer.errors) == (place == "the study")


def test_the_store_writes_to_nothing_that_a_link_leads_to(tmp_path: Path) -> None:
    store, decoy = Store(tmp_path / "store"), tmp_path / "decoy"
    decoy.mkdir()
    (decoy / "precious").touch()
    entry = store.path("data", {"key": 1})
    entry.parent.mkdir(parents=True)
    entry.with_suffix(".partial").symlink_to(decoy)

    def write(folder: Path) -> dict[str, Any]:
        (folder / "array.npy").touch()
        return {}

    made = store.make("data", {"key": 1}, write)
    assert not made.path.is_symlink()
    assert [file.name for file in decoy.iterdir()] == ["precious"]


# ---------------------------------------------------------------- archives


def tar(file: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(file, "w") as packed:
        for member in members:
            content = b"evil" if member.isfile() else b""
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    return file


def member(name: str, kind: bytes = tarfile.REGTYPE, to: str = "") -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname = kind, to
    return found


ESCAPES = {
    "above": [member("package/../../evil")],
    "a link": [member("package/link", tarfile.SYMTYPE, "../.."), member("package/link/evil")],
    "an absolute link": [member("package/link", tarfile.SYMTYPE, "/{}"), member("package/link/evil")],
    "a hard link": [member("package/evil", tarfile.LNKTYPE, "../secret")],
    "a device": [member("package/evil", tarfile.CHRTYPE)],
}


@pytest.mark.parametrize("escape", ESCAPES)
def test_an_npm_package_unpacks_nowhere_else(escape: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "below" / "folder"
    folder.mkdir(parents=True)
    members = [member(each.name, each.type, each.linkname.format(tmp_path)) for each in ESCAPES[escape]]
    archive = tar(tmp_path / "package.tar", *members)
    source = kdorch.Npm("made-up", "1.0", files={}, size=1)
    with pytest.raises(tarfile.TarError):
        source.unpack(archive, folder)
    assert not [file for file in tmp_path.rglob("evil") if folder not in file.parents]
    assert not [file for file in folder.rglob("*") if file.is_file()]


def test_an_absolute_name_lands_below(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    archive = tar(tmp_path / "package.tar", member(f"/package{tmp_path}/evil"))
    found = kdorch.Npm("made-up", "1.0", files={}, size=1).unpack(archive, tmp_path / "folder")
    assert [file.parent.is_relative_to(found) for file in tmp_path.rglob("evil")] == [True]


def test_a_wheel_unpacks_nowhere_else(tmp_path: Path) -> None:
    folder = tmp_path / "below" / "folder"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(tmp_path / "made_up.whl", "w") as packed:
        for name in ("../../evil", f"{tmp_path}/evil", "../folder-too/evil"):
            packed.writestr(name, "evil")
    kdorch.Pip("made-up", "1.0", files={}, size=1).unpack(tmp_path / "made_up.whl", folder)
    found = list(tmp_path.rglob("evil"))
    assert found
    assert all(file.is_relative_to(folder) for file in found)


@pytest.mark.parametrize("escape", ["above", "a link", "an absolute link"])
def test_a_debian_package_unpacks_nowhere_else(escape: str, tmp_path: Path) -> None:
    if not shutil.which("dpkg-deb"):
        pytest.skip("dpkg-deb is not here")
    from subprocess import CalledProcessError

    folder = tmp_path / "below" / "folder"
    folder.mkdir(parents=True)
    members = [member(each.name, each.type, each.linkname.format(tmp_path)) for each in ESCAPES[escape]]
    about = member("control")
    parts = {
        "debian-binary": b"2.0\n",
        "control.tar": tar(tmp_path / "control.tar", about).read_bytes(),
        "data.tar": tar(tmp_path / "data.tar", *members).read_bytes(),
    }
    deb = b"!<arch>\n"
    for name, content in parts.items():
        deb += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode() + content
        deb += b"\n" * (len(content) % 2)
    (tmp_path / "made-up.deb").write_bytes(deb)
    with pytest.raises(CalledProcessError):
        kdorch.Debian("made-up", files={}, size=1).unpack(tmp_path / "made-up.deb", folder)
    assert not [file for file in tmp_path.rglob("evil") if not file.is_relative_to(folder)]


# ---------------------------------------------------------------- a server that names files


@pytest.fixture
def liar() -> Iterator[Callable[[str], str]]:
    """An MLflow server that is asked for a file and answers with another name for it."""
    names: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place = urlsplit(self.path)
            answer: Any = b"evil"
            if place.path.endswith("runs/get"):
                info = {"run_id": "1", "experiment_id": "1", "status": "FINISHED"}
                answer = {"run": {"info": info | {"artifact_uri": "mlflow-artifacts:/1"}, "data": {}}}
            elif place.path.endswith("mlflow-artifacts/artifacts"):
                asked = parse_qs(place.query).get("path", [""])[0]
                files = [{"path": names[0], "is_dir": False, "file_size": 4}]
                answer = {"files": files if asked.endswith("student.safetensors") else []}
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()

        def called(name: str) -> str:
            names[:] = [name]
            return f"http://127.0.0.1:{server.server_port}"

        yield called
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("name", ["../../evil", "/evil", "%2e%2e/%2e%2e/evil", "student.safetensors"])
def test_a_server_cannot_name_files_elsewhere(
    name: str, liar: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "below").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "below"))
    with pytest.raises(KdorchError, match="weights of run 1"):
        fetch("1", "0" * 64, liar(name))
    assert not list(tmp_path.rglob("evil"))
