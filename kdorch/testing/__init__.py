"""Contracts that plugins keep, for their authors' tests.

Name one object, and pytest collects the checks of its kind::

    from kdorch.testing import LossContract


    class TestMine(LossContract):
        loss = Mine(temperature=2.0)

They need pytest only to be collected; ``examine`` runs them without.
"""

from kdorch.testing.datasets import DatasetContract
from kdorch.testing.losses import LossContract
from kdorch.testing.running import Finding, checks, examine, run
from kdorch.testing.students import StudentContract
from kdorch.testing.teachers import TeacherContract

__all__ = [
    "DatasetContract",
    "Finding",
    "LossContract",
    "StudentContract",
    "TeacherContract",
    "checks",
    "examine",
    "run",
]
