"""Models to imitate, one file each."""

from kdorch.builtin.teachers.checkpoint import Checkpoint
from kdorch.builtin.teachers.ensemble import Ensemble
from kdorch.builtin.teachers.exported import Exported
from kdorch.builtin.teachers.predictions import Predictions
from kdorch.builtin.teachers.registry import Registry
from kdorch.builtin.teachers.sklearn import Sklearn
from kdorch.builtin.teachers.trained import Trained

__all__ = ["Checkpoint", "Ensemble", "Exported", "Predictions", "Registry", "Sklearn", "Trained"]
