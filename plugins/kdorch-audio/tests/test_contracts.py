"""What every dataset, student and teacher keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from kdorch_audio import keywords
from kdorch_audio.keywords import Keywords
from kdorch_audio.silero import SileroVad
from kdorch_audio.sounds import Sounds
from kdorch_audio.students import FrameCnn, Gru
from kdorch_audio.voice_activity import VoiceActivity

import kdorch
from kdorch.testing import DatasetContract, StudentContract, TeacherContract

FRAMES = (1, 12, 16)  # one channel, mel bands, frames


class TestVoiceActivity(DatasetContract):
    dataset = VoiceActivity(clips=72, frames=8)


class TestKeywords(DatasetContract):
    """With three of the words: each voice says each of them six times."""

    dataset = Keywords()

    @pytest.fixture(autouse=True)
    def words(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(keywords, "WORDS", keywords.WORDS[:3])


class TestSounds(DatasetContract):
    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def folder(cls, tmp_path_factory: pytest.TempPathFactory, write: Any) -> None:
        folder, random = tmp_path_factory.mktemp("sounds"), np.random.default_rng(0)
        for number in range(60):
            noise = random.normal(scale=1000, size=2000)
            write(folder / "ab"[number % 2] / f"{number}.wav", noise, rate=8000)
        cls.dataset = Sounds(path=folder, rate=8000, seconds=0.25, mels=16)


class TestSileroVad(TeacherContract):
    teacher = SileroVad()
    dataset = VoiceActivity(clips=72, frames=8)


class TestGru(StudentContract):
    student = Gru()
    input_shape = FRAMES


class TestFrameCnn(StudentContract):
    student = FrameCnn()
    input_shape = FRAMES


class Moments:
    """Of the tasks that rows can be made for, one has outputs that may be moments."""

    input_shape = FRAMES

    def tasks(self) -> Iterator[kdorch.Task]:
        yield from (task for task in super().tasks() if task.name == "multilabel")  # type: ignore[misc]


class TestGruOfMoments(Moments, StudentContract):
    student = Gru(per="frame")


class TestFrameCnnOfMoments(Moments, StudentContract):
    student = FrameCnn(per="frame")
