"""Losses without a defect, from which mutants are made."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import nn

import kdorch


def distance(student, teacher):
    return (student.logits - teacher.logits).square().mean()


class Sound(kdorch.Loss, name="sound"):
    """The mean squared difference."""

    def __call__(self, student, teacher, batch):
        return distance(student, teacher)


class SoundPart(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, student, teacher, batch):
        return self.scale.square() * distance(student, teacher)


class SoundParts(kdorch.Loss, name="sound-parts"):
    """The mean squared difference, with a trained factor."""

    part: ClassVar[Any] = SoundPart

    def build(self, task, student, teacher):
        return self.part()


class SoundFeatures(kdorch.Loss, name="sound-features", needs={"features"}):
    """The mean squared difference of one pair of features."""

    def build(self, task, student, teacher):
        if student.features["late"].shape != teacher.features["late"].shape:
            raise ValueError("late: the student's has another shape than the teacher's")
        return self

    def __call__(self, student, teacher, batch):
        return (student.features["late"] - teacher.features["late"]).square().mean()
