from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from kdorch.discovery import Origin, discover, installed
from kdorch.study import Split
from kdorch.teaching.data import prepare
from kdorch.teaching.store import Store

sys.path.append(str(Path(__file__).parent))  # networks are named by the import path of their class

import teaching_toys


@pytest.fixture(scope="module", autouse=True)
def _toys():
    """Offer the toy plugins through the public hooks, and compute on one thread, for one module of tests."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    discover.cache_clear()
    installed().add(teaching_toys, Origin("toys", "0", "toys"))
    yield
    discover.cache_clear()
    torch.set_num_threads(threads)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def data(store):
    """Directory of a stored dataset."""
    return prepare(store, teaching_toys.dataset(teaching_toys.Source.of()), "toys 0", Split()).path
