"""Mixup (Zhang et al., ICLR 2018): rows that lie between two rows, with both their labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kdorch.teaching.arrays import new_array

_CHUNK = 4096


def mix(folder: Path, targets: np.ndarray, labelled: np.ndarray, alpha: float, seed: int) -> None:
    """Mix the rows of a view with each other, in place, and write down with which and how much.

    A row's own share is at least one half, so that its own label stays the one that counts most. Rows with a
    label are mixed among themselves, and so are those without.

    Args:
        folder: The view; its ``inputs.npy`` is replaced, and it gets ``mixed.targets.npy`` and
            ``mixed.shares.npy``.
        targets: Encoded labels of its rows.
        labelled: Which rows have a label.
        alpha: Both parameters of the Beta distribution that shares come from.
        seed: Of the pairs and the shares.
    """
    generator = np.random.default_rng(seed)
    partners = np.arange(len(targets))
    for alike in (labelled, ~labelled):
        partners[alike] = generator.permutation(partners[alike])
    shares = generator.beta(alpha, alpha, len(targets)).astype(np.float32)
    shares = np.maximum(shares, 1 - shares)
    _mix_inputs(folder, partners, shares)
    np.save(folder / "mixed.targets.npy", targets[partners])
    np.save(folder / "mixed.shares.npy", shares)


def _mix_inputs(folder: Path, partners: np.ndarray, shares: np.ndarray) -> None:
    plain = np.load(folder / "inputs.npy", mmap_mode="r")
    mixed = new_array(folder / "mixing.npy", plain.dtype, plain.shape)
    for start in range(0, len(plain), _CHUNK):
        part = slice(start, start + _CHUNK)
        share = shares[part].reshape(-1, *[1] * (plain.ndim - 1))
        mixed[part] = share * plain[part] + (1 - share) * plain[partners[part]]
    mixed.flush()
    (folder / "mixing.npy").replace(folder / "inputs.npy")
