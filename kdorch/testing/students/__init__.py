"""The contract of students."""

from kdorch.testing.students.building import BuildingChecks
from kdorch.testing.students.learning import LearningChecks

__all__ = ["StudentContract"]


class StudentContract(LearningChecks, BuildingChecks):
    """What a student keeps.

    Class attributes:
        student: The student.
        input_shape: Of one row that it takes; (1, 8, 8) by default. Override ``inputs(rows)`` where a row is
            something else than real numbers, token ids say.
    """
