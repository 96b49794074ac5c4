"""Folders of images, and tables that list them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import kdorch
from kdorch.builtin.files.dataset import Files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six images of two classes, 4 x 6, each of one colour."""
    for row in range(6):
        place = tmp_path / "images" / ("cat", "dog")[row % 2]
        place.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (6, 4), (row * 10, 0, 255)).save(place / f"{row}.png")
    (tmp_path / "images" / "dog" / "Thumbs.db").write_text("no image")
    shutil.copytree(tmp_path / "images" / "dog", tmp_path / "images" / ".trash")
    return tmp_path / "images"


def test_sub_folders_are_classes(folder: Path) -> None:
    found = Files(path=folder).load()
    assert (found.inputs.shape, found.inputs.dtype) == ((6, 4, 6, 3), np.uint8)
    assert found.inputs[:, 0, 0].tolist() == [[red, 0, 255] for red in (0, 20, 40, 10, 30, 50)]
    assert found.targets.tolist() == [0, 0, 0, 1, 1, 1]
    assert found.task == kdorch.Classification(labels=("cat", "dog"))
    assert list(found.notes) == ["files left out, as their names are not those of images (.db): 1"]


def test_grey_and_scaled(folder: Path) -> None:
    found = Files(path=folder, size=(2, 3), channels="grey").load()
    assert found.inputs.shape == (6, 2, 3)
    assert found.inputs[0].tolist() == [[29] * 3] * 2  # 255 of blue


def test_folders_of_splits(folder: Path, tmp_path: Path) -> None:
    for part in ("train", "val", "test"):
        shutil.copytree(folder, tmp_path / "split" / part)
    found = Files(path=tmp_path / "split").load()
    assert found.parts is not None
    assert found.parts.tolist() == ["test"] * 6 + ["train"] * 6 + ["validation"] * 6
    assert found.task == kdorch.Classification(labels=("cat", "dog"))


def test_a_table_lists_images_from_where_it_lies(folder: Path, csv: Callable[..., Path]) -> None:
    lines = [f"images/{('cat', 'dog')[row % 2]}/{row}.png,{row / 2}" for row in (3, 2, 1)]
    found = Files(path=csv("file,score", *lines), image="file", target="score", task="regression").load()
    assert found.inputs[:, 0, 0, 0].tolist() == [30, 20, 10]
    assert found.targets.tolist() == [[1.5], [1.0], [0.5]]
    assert found.legend == ()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"no image", "is not an image that can be read."),
        (b"", "is not an"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\x01IHDR\0\x1b\x23\x74\x4f", "is not an image that can be read."),
    ],
)
def test_an_unreadable_image_is_named(content: bytes, told: str, folder: Path) -> None:
    (folder / "cat" / "broken.png").write_bytes(content)
    with pytest.raises(kdorch.DataError) as refused:
        Files(path=folder).load()
    assert str(refused.value).startswith(f"{folder / 'cat' / 'broken.png'} {told}")


def test_an_image_that_was_cut_off_is_named(folder: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (4, 6, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "cat" / "cut.png")
    whole = (folder / "cat" / "cut.png").read_bytes()
    (folder / "cat" / "cut.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(kdorch.DataError, match=r"cut.png is a damaged image: "):
        Files(path=folder).load()


def test_all_that_cannot_be_read_are_named_at_once(folder: Path) -> None:
    for number in range(7):
        (folder / "dog" / f"broken{number}.png").write_bytes(b"no image")
    with pytest.raises(kdorch.DataError) as refused:
        Files(path=folder).load()
    told = str(refused.value).splitlines()
    assert [line.partition(" is not")[0] for line in told[:5]] == [
        str(folder / "dog" / f"broken{number}.png") for number in range(5)
    ]
    assert told[5] == "and 2 more images."


def test_an_image_too_large_to_be_safe_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)  # Pillow refuses what has more than twice as many
    with pytest.raises(kdorch.DataError, match=r"0.png is too large: Image size \(24 pixels\) exceeds limit"):
        Files(path=folder, size=(2, 2)).load()


def test_a_camera_held_on_its_side_is_turned_back(folder: Path) -> None:
    """The pixels lie as the sensor had them, 6 x 4, with a note that they are to be turned by a quarter."""
    seen = np.random.default_rng(0).integers(0, 255, (4, 6), dtype=np.uint8)
    note = Image.Exif()
    note[0x0112] = 6  # to be turned clockwise
    Image.fromarray(np.rot90(seen)).save(folder / "cat" / "turned.png", exif=note)
    found = Files(path=folder, channels="grey").load()
    assert (found.inputs[3] == seen).all()
    assert found.notes[1:] == ["images turned as the camera noted (EXIF): 1"]


def test_damaged_notes_of_a_camera_turn_nothing(folder: Path) -> None:
    Image.new("RGB", (6, 4)).save(folder / "cat" / "noted.webp", exif=b"Exif\0\0no notes")
    assert len(Files(path=folder).load().inputs) == 7


def test_what_is_transparent_becomes_white(folder: Path) -> None:
    Image.new("RGBA", (6, 4), (0, 0, 0, 0)).save(folder / "cat" / "clear.png")
    palette = Image.new("P", (6, 4), 1)
    palette.putpalette([9, 9, 9, 50, 60, 70])
    palette.putpixel((5, 3), 0)
    palette.save(folder / "cat" / "palette.png", transparency=0)
    found = Files(path=folder).load()
    assert found.inputs[3:5, 0, 0].tolist() == [[255, 255, 255], [50, 60, 70]]
    assert found.notes[1:] == ["images with transparency, put on white: 2"]


@pytest.mark.parametrize("channels", ["rgb", "grey"])
def test_the_card_s_code_makes_the_same_rows(
    channels: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = Image.Exif()
    note[0x0112] = 6
    noise = np.random.default_rng(0).integers(0, 255, (9, 7, 4), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "cat" / "new.png", exif=note)
    found = Files(path=folder, size=(5, 8), channels=channels).load()
    monkeypatch.chdir(folder / "cat")
    names: dict[str, Any] = {}
    exec(found.usage, names)
    rows = names["encode"]("new.png")
    assert rows.dtype == np.uint8
    assert (rows[0] == found.inputs[3]).all()


def test_what_a_file_manager_leaves_beside_images_is_none(folder: Path) -> None:
    (folder / "cat" / "._0.png").write_bytes(b"no image")
    assert len(Files(path=folder).load().inputs) == 6


def test_more_than_eight_bits_are_not_cut_off_in_silence(folder: Path) -> None:
    Image.fromarray(np.full((4, 6), 40_000, dtype=np.uint16)).save(folder / "cat" / "deep.png")
    with pytest.raises(
        kdorch.DataError, match=r"deep.png has more than 8 bits per pixel \(I;16\). Save it with 8."
    ):
        Files(path=folder, channels="grey").load()


def test_sizes_that_differ(folder: Path) -> None:
    Image.new("RGB", (9, 9)).save(folder / "dog" / "big.png")
    told = (
        f"images differ in size: {folder / 'cat' / '0.png'} is 4 x 6, {folder / 'dog' / 'big.png'} is 9 x 9. "
    )
    with pytest.raises(kdorch.DataError) as refused:
        Files(path=folder).load()
    assert str(refused.value) == told + "Write size: [height, width]; all are scaled to it."


def test_images_that_are_not_there(csv: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(kdorch.DataError) as refused:
        Files(path=csv("file,y", "a.png,1", "b.png,2"), image="file", target="y").load()
    assert str(refused.value).splitlines() == [
        f"there is no image {tmp_path / name}." for name in ("a.png", "b.png")
    ]
    with pytest.raises(kdorch.DataError, match=r"data.csv, column 'file': row 2 names no image."):
        Files(path=csv("file,y", "a.png,1", ",2"), image="file", target="y").load()
    (tmp_path / "empty").mkdir()
    told = f"{tmp_path / 'empty'} has no sub-folders with images, one for each class."
    assert Files(path=tmp_path / "empty").complaints() == {"path": told}
    regression = Files(path=tmp_path, task="regression").complaints()
    assert regression["task"].startswith("the sub-folders are classes, so it is a classification.")


def test_a_folder_may_be_moved_but_not_changed(folder: Path, tmp_path: Path) -> None:
    before = Files(path=folder).store_key()
    folder.rename(tmp_path / "moved")
    moved = Files(path=tmp_path / "moved")
    assert moved.store_key() == before
    (tmp_path / "moved" / "cat" / "0.png").unlink()
    assert moved.store_key() != before
