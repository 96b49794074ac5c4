"""The contract of teachers."""

from kdorch.testing.teachers.answering import AnsweringChecks
from kdorch.testing.teachers.readying import ReadyingChecks

__all__ = ["TeacherContract"]


class TeacherContract(AnsweringChecks, ReadyingChecks):
    """What a teacher keeps.

    Class attributes:
        teacher: The teacher.
        dataset: Rows to make it ready with; made-up ones by default, of the first task that it suits.
    """
