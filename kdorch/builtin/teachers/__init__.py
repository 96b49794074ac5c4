"""Models to imitate, one file each."""

from kdorch.builtin.teachers.checkpoint import Checkpoint
from kdorch.builtin.teachers.trained import Trained

__all__ = ["Checkpoint", "Trained"]
