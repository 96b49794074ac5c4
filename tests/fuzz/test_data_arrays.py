"""Whatever lies in files of arrays, they are learnt from or refused."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
import pytest
from fuzzed_data import TASKS, fields, new, use
from fuzzing import room, share
from hypothesis import example, given
from hypothesis import strategies as st
from junk import damaged
from nparrays import LABELS, arrays, header, npy

pytestmark = pytest.mark.slow


@st.composite
def archives(draw: Any) -> tuple[list[str], bytes]:
    """Return the names of arrays, and an archive of them."""
    names = draw(
        st.just(["x", "label"])
        | st.lists(st.sampled_from(["x", "y", "label", "../x", "/x", "", "é", "x.npy"]), max_size=3)
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(
        buffer, "w", draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA]))
    ) as file:
        for name in dict.fromkeys(names):
            sound = name == "label" and draw(st.integers(0, 4))
            called = f"{name}.npy" if draw(st.integers(0, 19)) else name or "_"
            file.writestr(zipfile.ZipInfo(called), draw(LABELS if sound else arrays()))
        if not draw(st.integers(0, 19)):
            file.writestr(
                zipfile.ZipInfo("bomb.npy"), header((2**22, 4)) + bytes(2**25)
            )  # 32 MB of zeros in 32 kB
    content = buffer.getvalue()
    return names, draw(st.just(content) | st.just(content) | st.just(content) | damaged(content))


@share(3)
@given(st.data(), archives())
def test_archives_of_arrays(data: st.DataObject, archive: tuple[list[str], bytes]) -> None:
    names, content = archive
    with room() as folder:
        path = folder / "data.npz"
        path.write_bytes(content)
        said = data.draw(fields(names or ["x"]))
        use(
            path,
            {
                name: value
                for name, value in said.items()
                if name in {"task", "target", "features", "group", "id"}
            },
        )
        new(path)


@share(1)
@given(arrays(), arrays() | LABELS, TASKS)
@example(npy(np.zeros((12, 3), "g")), npy(np.arange(12)), "regression")
@example(npy(np.zeros((12, 3), ">f4")), npy(np.arange(12)), "regression")
@example(npy(np.eye(12)), npy(np.arange(12).astype(">i8") % 3), "classification")
@example(npy(np.eye(12)), npy(np.array([True, False] * 6)), "classification")
@example(npy(np.eye(12)), npy(np.full((12, 2), 1e308)), "regression")
@example(npy(np.eye(12)), npy(np.zeros((12, 2), "i4,f8")), "multilabel")
@example(npy(np.eye(12)), npy(np.zeros((12, 0))), "multilabel")
@example(npy(np.eye(12)).replace(b"False", b"<\xbc{59"), npy(np.arange(12)), "regression")
def test_arrays(inputs: bytes, labels: bytes, task: str) -> None:
    with room() as folder:
        (folder / "x.npy").write_bytes(inputs)
        (folder / "y.npy").write_bytes(labels)
        use(folder / "x.npy", {"labels": folder / "y.npy", "task": task})
