"""E-mails: how they are read, and the contract where they have been fetched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from kdorch_text.data.mail import read_mail
from kdorch_text.data.spam_assassin import SpamAssassin
from kdorch_text.rows import decode

import kdorch
from kdorch.testing import DatasetContract


class TestSpamAssassin(DatasetContract):
    dataset = SpamAssassin(vocabulary=500, bytes=400, length=64)


def mail(folder: Path, content: bytes) -> Path:
    file = folder / "00001.txt"
    file.write_bytes(content)
    return file


def test_a_mail_is_its_subject_and_its_first_plain_text(tmp_path: Path) -> None:
    parts = (
        b"Subject: two parts\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=X\n\n"
        b"--X\nContent-Type: text/html\n\n<b>html</b>\n"
        b"--X\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nw6QgcGxhaW4=\n--X--\n"
    )
    assert read_mail(mail(tmp_path, parts)) == "two parts\nä plain"
    only = b"Subject: only\nContent-Type: text/html; charset=no-such\n\n<b>\xe4</b>"
    assert read_mail(mail(tmp_path, only)) == "only\n<b>ä</b>"
    assert read_mail(mail(tmp_path, b"Subject: bare\nContent-Type: image/png\n\nxx")) == "bare\n"


def test_what_is_no_mail_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(kdorch.DataError, match=r"00001\.txt is no e-mail: it has no header"):
        read_mail(mail(tmp_path, b"\n\nnothing"))
    with pytest.raises(kdorch.DataError, match="cannot be read"):
        read_mail(tmp_path / "missing.txt")


def test_where_it_was_not_fetched_the_command_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KDORCH_DATA", str(tmp_path))
    with pytest.raises(kdorch.DataError, match="kdorch data fetch spam_assassin"):
        SpamAssassin().load()


@pytest.fixture(scope="module")
def columns() -> kdorch.Columns:
    if SpamAssassin().absent():
        pytest.skip(SpamAssassin().absent())
    return SpamAssassin().load()


def test_copies_are_left_out_and_counted(columns: kdorch.Columns) -> None:
    texts = decode(columns.inputs)
    assert len(set(texts)) == len(texts)
    [copies] = [note for note in columns.notes if "copied" in note]
    [empty] = [note for note in columns.notes if "empty" in note] or ["0"]
    counts = [int(note.split()[0].replace(",", "")) for note in (copies, empty)]
    assert sum(counts) + len(texts) == 6046
    assert np.bincount(columns.targets)[1] > 1700
