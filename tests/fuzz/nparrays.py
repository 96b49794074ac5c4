"""Arrays as NumPy stores them: sound, strange, damaged, lying about their size, and with a payload."""

from __future__ import annotations

import io
import os
import pickle
import struct
from typing import Any

import numpy as np
from fuzzing import PAYLOAD
from hypothesis import strategies as st
from junk import damaged


class Payload:
    """What runs a command where it is unpickled."""

    def __reduce__(self) -> Any:
        return os.system, (f"touch ../{PAYLOAD}",)


def header(shape: tuple[int, ...], kind: str = "<f8") -> bytes:
    """Return the beginning of an ``.npy`` that says it has this shape, whatever follows."""
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def npy(array: Any) -> bytes:
    """Return an array as an ``.npy``."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


KINDS = ["f8", ">f4", "f2", "g", "i1", "u8", ">i8", "?", "c8", "U3", "S3", "M8[s]", "m8[D]", "V4", "i4,f8"]
SHAPES = [
    (12,),
    (12, 3),
    (12, 4, 4),
    (12, 1, 4, 4),
    (12, 4, 4, 3),
    (12, 1),
    (12, 0),
    (0, 3),
    (),
    (1, 3),
    (12, 2, 2, 2, 2),
]


@st.composite
def arrays(draw: Any) -> bytes:
    """Return an ``.npy``: a sound one, one of a strange kind or shape, damaged, lying, or with a payload."""
    kind, shape = draw(st.sampled_from(["f8", "f4", *KINDS])), draw(st.sampled_from(SHAPES))
    content = npy(
        np.arange(np.prod(shape)).reshape(shape).astype(kind)
        if kind[0] in ">fiuc?" and len(kind) < 4
        else np.zeros(shape, kind)
    )
    odd = [
        np.array([Payload()] * 12, object),
        np.array(["a", 1] * 6, object),
        np.full((12, 3), np.nan),
        np.full((12, 2), 1e308),
    ]
    match draw(st.integers(0, 9)):
        case 0:
            return draw(damaged(content))
        case 1:
            return npy(draw(st.sampled_from(odd)))
        case 2:
            return (
                header(draw(st.sampled_from([(10**12,), (12, -3), (2**62, 4), (12, 3, 10**6), (10**20,)])))
                + b"\0" * 96
            )
        case 3:
            return pickle.dumps(Payload()) if draw(st.booleans()) else b"\x80\x04."
        case _:
            return content


LABELS = st.sampled_from(
    [
        npy(np.arange(12) % 3),
        npy(np.arange(12) % 2),
        npy(np.array(list("abc") * 4)),
        npy(np.eye(12)[:, :3]),
        npy(np.linspace(0, 1, 12)),
        npy(np.array([True, False] * 6)),
        npy(np.full(12, np.nan)),
        npy(np.zeros(11)),
    ]
)
