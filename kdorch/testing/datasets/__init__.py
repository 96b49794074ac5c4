"""The contract of datasets."""

from kdorch.testing.datasets.preparing import PreparingChecks
from kdorch.testing.datasets.rows import RowChecks

__all__ = ["DatasetContract"]


class DatasetContract(PreparingChecks, RowChecks):
    """What a dataset keeps.

    Class attributes:
        dataset: The dataset.
    """
