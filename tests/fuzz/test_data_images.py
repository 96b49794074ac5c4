"""Whatever lies in a folder of images, they are learnt from or refused."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from fuzzed_data import new, use
from fuzzing import room, share
from hypothesis import given
from hypothesis import strategies as st
from junk import damaged
from PIL import Image

pytestmark = pytest.mark.slow


def png(width: int, height: int, kind: int, depth: int, rows: bytes) -> bytes:
    """Return a PNG that says this of itself, whatever its rows are."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    start = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", start)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def image(mode: str, size: tuple[int, int], form: str) -> bytes:
    """Return an image in a file's form."""
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new(mode, size).save(
        buffer, form, **({"exif": exif} if form in {"JPEG", "PNG"} and size == (3, 5) else {})
    )
    return buffer.getvalue()


IMAGES = [
    *(image(mode, (4, 4), "PNG") for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
    *(image(mode, (4, 4), "TIFF") for mode in ("L", "RGB", "CMYK", "F", "I", "LAB")),
    image("RGB", (4, 4), "JPEG"), image("CMYK", (4, 4), "JPEG"), image("P", (4, 4), "GIF"), image("RGB", (4, 4), "WEBP"),
    image("RGB", (3, 5), "JPEG"), image("RGB", (3, 5), "PNG"), image("RGB", (1, 1), "BMP"), image("RGB", (4000, 1), "PNG"),
]  # fmt: skip
LIES = [
    png(*size, kind, depth, b"\0" * 50)
    for size in ((4, 4), (20_000, 20_000), (2**31 - 1, 2**31 - 1), (0, 4), (13_000, 13_000))
    for kind, depth in ((0, 8), (2, 8), (3, 8), (6, 16), (9, 8), (0, 3))
]
PIXELS = st.one_of(
    st.sampled_from(IMAGES[:5]),
    st.sampled_from(IMAGES),
    st.sampled_from(LIES),
    st.sampled_from(IMAGES).flatmap(damaged),
    st.binary(max_size=20),
)
FOLDERS = st.sampled_from(
    ["a", "b", "train/a", "train/b", "validation/a", "test/b", ".hidden", "a/b", "ü", "c"]
)


@st.composite
def folders(draw: Any) -> dict[str, bytes]:
    """Return images by path: a sound folder, and others in it."""
    sound = draw(st.sampled_from(IMAGES[:5]))
    found = {
        f"{name}/{number}.png": sound for name in "ab" for number in range(draw(st.sampled_from([0, 3, 4])))
    }
    for number in range(draw(st.integers(0, 3))):
        suffix = draw(st.sampled_from([".png", ".jpg", ".gif", ".tif", ".webp", ".bmp", ".PNG", ".txt", ""]))
        found[f"{draw(FOLDERS)}/more{number}{suffix}"] = draw(PIXELS)
    return found


@share(2)
@given(
    folders(), st.none() | st.tuples(st.integers(1, 9), st.integers(1, 9)), st.sampled_from(["rgb", "grey"])
)
def test_folders_of_images(found: dict[str, bytes], size: tuple[int, int] | None, channels: str) -> None:
    with room() as folder:
        path = folder / "images"
        path.mkdir()
        for name, content in found.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)
        use(path, {"size": size, "channels": channels})
        new(path)
