"""What every dataset keeps, and what this one is for."""

from __future__ import annotations

import numpy as np
from kdorch.testing import DatasetContract

from kdorch_placeholder import Placeholder


class TestPlaceholder(DatasetContract):
    dataset = Placeholder(rows=200)


def test_without_noise_points_lie_on_half_circles() -> None:
    columns = Placeholder(rows=200, noise=0.0).load()
    centres = np.array([[0.0, 0.0], [1.0, 0.5]])
    radii = np.linalg.norm(columns.inputs - centres[columns.targets], axis=1)
    np.testing.assert_allclose(radii, 1.0)
