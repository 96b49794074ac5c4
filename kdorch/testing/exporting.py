"""A module as the program that ships."""

from __future__ import annotations

import io
import logging
import warnings
from contextlib import redirect_stderr

import torch
from torch import Tensor, nn


def exported(module: nn.Module, inputs: Tensor) -> nn.Module:
    """Return the exported program of a module, for any number of rows; as quietly as promotion makes it."""
    logger = logging.getLogger("torch")
    before = logger.level
    logger.setLevel(logging.CRITICAL)  # it prints the graphs that it could not make
    try:
        with warnings.catch_warnings(action="ignore"), redirect_stderr(io.StringIO()):
            rows = {0: torch.export.Dim.AUTO}
            return torch.export.export(module, (inputs,), dynamic_shapes=(rows,)).module()
    finally:
        logger.setLevel(before)
