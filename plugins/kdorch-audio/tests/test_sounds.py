"""A folder of recordings, and all that can be wrong with one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from kdorch_audio.sounds import Sounds

import kdorch

TONE = np.round(8000 * np.sin(2 * np.pi * 440 / 8000 * np.arange(4000))).astype(np.int16)


@pytest.fixture
def folder(tmp_path: Path, write: Any) -> Path:
    for label in ("no", "yes"):
        for number in range(3):
            write(tmp_path / label / f"{number}.wav", TONE)
    return tmp_path


def load(folder: Path, **fields: Any) -> kdorch.Columns:
    return Sounds(path=folder, **{"rate": 8000, "seconds": 0.5} | fields).load()


def test_classes_are_folders_and_rows_are_samples(folder: Path) -> None:
    found = load(folder)
    assert found.task.model_dump()["labels"] == ["no", "yes"]
    assert found.targets.tolist() == [0, 0, 0, 1, 1, 1]
    assert found.inputs.dtype == np.int16
    assert (found.inputs == TONE).all()
    assert found.parts is None
    assert found.notes == []


def test_folders_of_splits_are_the_splits(tmp_path: Path, write: Any) -> None:
    for part in ("training", "val", "Test"):
        for label in ("no", "yes"):
            write(tmp_path / part / label / "0.wav", TONE)
    found = load(tmp_path)
    assert found.parts is not None
    assert sorted(zip(found.parts.tolist(), found.targets.tolist(), strict=True)) == [
        (part, label) for part in ("test", "train", "validation") for label in (0, 1)
    ]


def test_files_of_other_kinds_are_left_out_and_counted(folder: Path) -> None:
    for name in ("yes/song.mp3", "maybe/song.flac", "yes/._0.wav"):  # the last a file manager leaves behind
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"no sound")
    found = load(folder)
    assert len(found.inputs) == 6
    assert found.notes == ["files left out, as their names are not those of WAV files (.flac, .mp3): 2"]


def test_a_row_holds_a_frame_at_least(folder: Path) -> None:
    for rate in (2_000, 44_100, 192_000):
        assert Sounds(path=folder, rate=rate, seconds=0.032, mels=4).preprocess(
            torch.zeros(2, round(rate * 0.032), dtype=torch.int16)
        )
    with pytest.raises(ValueError, match=r"greater than or equal to 0\.032"):
        Sounds(path=folder, seconds=0.01)


def test_channels_are_averaged_and_counted(folder: Path, write: Any) -> None:
    write(folder / "yes" / "0.wav", np.stack([TONE, np.zeros_like(TONE)], 1))
    found = load(folder)
    assert abs(found.inputs[3] - TONE / 2).max() <= 0.5
    assert found.notes == ["of 6 files 1 have several channels, which are averaged"]


def test_another_rate_is_resampled_and_counted(folder: Path, write: Any) -> None:
    write(folder / "yes" / "0.wav", 8000 * np.sin(2 * np.pi * 440 / 22050 * np.arange(11025)), rate=22050)
    found = load(folder)
    assert abs(found.inputs[3] - TONE)[100:-100].max() < 0.01 * 8000  # as if it had been recorded so
    assert found.notes == ["of 6 files 1 have another sampling rate and are resampled to 8,000 Hz"]


def test_other_lengths_are_mended_and_counted(folder: Path, write: Any) -> None:
    write(folder / "no" / "0.wav", TONE[:1000])
    write(folder / "no" / "1.wav", np.concatenate([TONE, TONE]))
    found = load(folder)
    assert (found.inputs[0] == np.pad(TONE[:1000], (0, 3000))).all()
    assert (found.inputs[1] == TONE).all()
    assert found.notes == [
        "of 6 files 1 are shorter than 0.5 s and end in silence",
        "of 6 files 1 are longer than 0.5 s; what comes later is cut off",
    ]


def test_a_file_that_ends_amid_a_sample_is_read_up_to_there(folder: Path) -> None:
    path = folder / "no" / "0.wav"
    path.write_bytes(path.read_bytes()[:-1])
    assert (load(folder).inputs[0] == np.append(TONE[:-1], 0)).all()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "cannot be read: it ends too early"),
        (b"this is no sound", "cannot be read: file does not start with RIFF id"),
        (b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x03\0\x01\0", "cannot be read: "),
    ],
)
def test_what_is_no_recording_is_named(folder: Path, content: bytes, told: str) -> None:
    path = folder / "yes" / "1.wav"
    path.write_bytes(content)
    with pytest.raises(kdorch.DataError, match="16-bit PCM, or remove it") as caught:
        load(folder)
    assert str(caught.value).startswith(f"{path} {told}")


def test_a_damaged_header_is_named_before_memory_runs_out(folder: Path) -> None:
    path = folder / "yes" / "1.wav"
    whole = path.read_bytes()
    for rate in (0, 3, 4_000_000_007):
        path.write_bytes(whole[:24] + rate.to_bytes(4, "little") + whole[28:])
        with pytest.raises(
            kdorch.DataError, match=rf"1\.wav says that it has {rate:,} samples per second. Write"
        ):
            load(folder)
    path.write_bytes(whole[:16] + b"\xff" + whole[17:])  # the first chunk ends where others begin
    with pytest.raises(kdorch.DataError, match=r"1\.wav cannot be read: "):
        load(folder)


def test_other_widths_are_named(folder: Path, write: Any) -> None:
    path = write(folder / "yes" / "1.wav", TONE // 256 + 128, width=1)
    with pytest.raises(kdorch.DataError) as caught:
        load(folder)
    assert str(caught.value).startswith(f"{path} has 8 bits per sample, not 16. Write it anew")


def test_a_file_without_sound_is_named(folder: Path, write: Any) -> None:
    path = write(folder / "yes" / "1.wav", TONE[:0])
    with pytest.raises(kdorch.DataError) as caught:
        load(folder)
    assert str(caught.value) == f"{path} has no sound. Remove it."


def test_a_folder_without_recordings_or_of_one_class_is_refused(tmp_path: Path, write: Any) -> None:
    with pytest.raises(kdorch.DataError, match="has no sub-folders with WAV files, one for each class"):
        load(tmp_path)
    write(tmp_path / "yes" / "0.wav", TONE)
    with pytest.raises(kdorch.DataError, match="all files are of one class, 'yes'"):
        load(tmp_path)


def test_a_folder_that_is_not_there_is_told_before_anything_runs(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert Sounds(path=gone).complaints() == {"path": f"there is no folder {gone}."}
    with pytest.raises(kdorch.DataError, match="there is no folder"):
        load(gone)


def test_where_a_folder_lies_does_not_matter_and_what_is_in_it_does(folder: Path, write: Any) -> None:
    before = Sounds(path=folder).store_key()
    moved = folder.with_name("moved")
    folder.rename(moved)
    assert Sounds(path=moved).store_key() == before
    write(moved / "no" / "0.wav", TONE[:5])
    assert Sounds(path=moved).store_key() != before


def test_the_card_s_code_makes_the_same_rows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = load(folder)
    (folder / "new.wav").write_bytes((folder / "no" / "0.wav").read_bytes())
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    exec(found.usage, names)
    assert (names["encode"]("new.wav") == found.inputs[:1]).all()
    exec(load(folder, rate=16_000).usage, names)
    with pytest.raises(ValueError, match="is not of one channel, 16 bits, 16000 Hz"):
        names["encode"]("new.wav")
