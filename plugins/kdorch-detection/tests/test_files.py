"""A user's own images with boxes, and what can be wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kdorch_detection.files import Boxes
from PIL import Image

import kdorch

CSV = "image,x1,y1,x2,y2,label\n"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Two images of different sizes, one of them without boxes in what follows."""
    folder = tmp_path / "images"
    folder.mkdir()
    for name, size in (("a.png", (64, 32)), ("b.png", (32, 32))):
        Image.fromarray(np.full(size[::-1], 200, np.uint8)).save(folder / name)
    return folder


def columns(images: Path, content: str | dict[str, Any], **fields: Any) -> kdorch.Columns:
    file = images.parent / ("boxes.csv" if isinstance(content, str) else "boxes.json")
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return Boxes(images=images, annotations=file, size=(32, 32), **fields).load()


def coco(*boxes: list[float], **changes: Any) -> dict[str, Any]:
    annotations = [{"image_id": 7, "category_id": 3, "bbox": box} for box in boxes]
    return {
        "images": [{"id": 7, "file_name": "a.png"}, {"id": 8, "file_name": "b.png"}],
        "categories": [{"id": 3, "name": "cat"}, {"id": 1, "name": "dog"}],
        "annotations": annotations,
        **changes,
    }


def test_images_and_boxes_are_scaled_together(images: Path) -> None:
    found = columns(images, f"{CSV}a.png,16,8,64,32,cat\na.png,0,0,2,2,ant\nb.png,,,,,\n")
    assert found.inputs.shape == (2, 32, 32, 3)
    assert found.inputs.dtype == np.uint8
    assert found.task.labels == ("ant", "cat")
    assert found.targets[0].tolist() == [[8, 8, 32, 32, 1], [0, 0, 1, 2, 0]]
    assert (found.targets[1] == -1).all()
    assert not found.task.complaint(found.targets)


def test_coco_says_the_same(images: Path) -> None:
    found = columns(images, coco([16, 8, 48, 24]), channels="grey")
    assert found.inputs.shape == (2, 32, 32)
    assert found.targets[0, 0].tolist() == [8, 8, 32, 32, 0]
    assert found.task.labels == ("cat",)


def test_two_categories_of_one_name_are_one_class(images: Path) -> None:
    content = coco(
        [0, 0, 5, 5], [9, 9, 5, 5], categories=[{"id": 3, "name": "cat"}, {"id": 1, "name": "cat"}]
    )
    content["annotations"][1]["category_id"] = 1
    found = columns(images, content)
    assert found.task.labels == ("cat",)
    assert found.targets[0, :, 4].tolist() == [0, 0]


def test_crowds_are_left_out_and_counted(images: Path) -> None:
    crowd = {"image_id": 7, "category_id": 3, "bbox": [0, 0, 9, 9], "iscrowd": 1}
    content = coco([0, 0, 5, 5])
    content["annotations"].append(crowd)
    found = columns(images, content)
    assert (found.targets[..., 4] >= 0).sum() == 1
    assert list(found.notes) == ["boxes of crowds left out: 1"]


def test_boxes_outside_can_be_clipped_and_are_counted(images: Path) -> None:
    found = columns(images, f"{CSV}a.png,-4,0,80,32,cat\nb.png,1,1,5,5,cat\n", outside="clip")
    assert found.targets[0, 0].tolist() == [0, 0, 32, 32, 0]
    assert list(found.notes) == ["boxes cut off at the edge of their image: 1"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            f"{CSV}b.png,1,1,5,5,cat\na.png,60,0,70,9,cat\n",
            r"line 3: the box x 60 to 70, y 0 to 9 of a.png reach.*clip",
        ),
        (f"{CSV}a.png,70,0,80,9,cat\n", r"lies outside its 64 x 32 pixels"),
        (f"{CSV}a.png,9,0,9,9,cat\n", r"line 2: .* is empty"),
        (f"{CSV}a.png,9,9,1,1,cat\n", r"is empty"),
        (f"{CSV}a.png,nan,9,11,11,cat\n", r"is empty"),
        (f"{CSV}a.png,1,one,5,5,cat\n", r"line 2: y1 is 'one', not a number"),
        (f"{CSV}a.png,1,1,5,5,\n", r"line 2: the box has no label"),
        (f"{CSV},1,1,5,5,cat\n", r"line 2: the column image is empty"),
        (f"{CSV}c.png,1,1,5,5,cat\n", r"there is no image .*c.png"),
        (f"{CSV}a.png,,,,,\n", r"has no boxes"),
        ("image,x1,y1,x2,y2,lable\n", r"no column 'label'. Did you mean 'lable'"),
        (coco([1, 1, -5, 5]), r"annotations\[0\]: .* is empty"),
        (coco([1, 1, 5]), r"annotations\[0\]: bbox is \[1, 1, 5\]"),
        (coco([1, 1, 5, 5], categories=[]), r"category_id 3 is none of the categories"),
        (coco([1, 1, 5, 5], images=[]), r"image_id 7 is none of the images"),
        (coco([1, 1, 5, 5], categories=[{"id": 3}]), r"categories\[0\] has no 'name'"),
        ({"boxes": []}, r"has no list of images"),
        (coco([1, 1, 5, 5], images=[7]), r"images\[0\] has no 'id'"),
        (coco([1, 1, 5, 5], images=[{"id": [7], "file_name": "a.png"}]), r"images\[0\]: id is \[7\]"),
        (
            coco([1, 1, 5, 5], images=[{"id": 7, "file_name": "a.png"}, {"id": 7, "file_name": "b.png"}]),
            r"images\[1\]: id 7 is there already",
        ),
        (
            coco(annotations=[{"image_id": [7], "category_id": 3, "bbox": [1, 1, 5, 5]}]),
            r"annotations\[0\]: image_id \[7\] is none of the images",
        ),
        (coco([10**400, 1, 5, 5]), r"annotations\[0\]: bbox is 10+, not a number"),
    ],
)
def test_what_cannot_be_used_is_named(images: Path, content: Any, told: str) -> None:
    with pytest.raises(kdorch.DataError, match=told):
        columns(images, content)


def test_a_damaged_image_is_named(images: Path) -> None:
    whole = (images / "a.png").read_bytes()
    (images / "a.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(kdorch.DataError, match=r"a.png is a damaged image"):
        columns(images, f"{CSV}a.png,1,1,5,5,cat\n")


def test_boxes_are_those_of_the_image_as_it_is_seen(images: Path) -> None:
    """A photograph that was taken with the camera held upright: its pixels lie on their side."""
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", (64, 32)).save(images / "c.jpg", exif=exif)
    found = columns(images, f"{CSV}c.jpg,0,0,16,64,cat\n")
    assert found.targets[0, 0].tolist() == [0, 0, 16, 32, 0]
    assert list(found.notes) == ["images turned as the camera noted (EXIF): 1"]


def test_files_that_are_not_there_are_named_before_anything_runs(tmp_path: Path) -> None:
    found = Boxes(images=tmp_path / "none", annotations=tmp_path / "none.csv", size=(32, 32)).complaints()
    assert set(found) == {"images", "annotations"}
    (tmp_path / "boxes.txt").touch()
    kind = Boxes(images=tmp_path, annotations=tmp_path / "boxes.txt", size=(32, 32)).complaints()
    assert "neither .json (COCO) nor .csv" in kind["annotations"]
