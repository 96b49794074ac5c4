"""Sound in kdorch: datasets of int16 samples, networks on log-mel frames, and Silero VAD as a teacher.

This module names what there is; it imports neither torch nor NumPy, so that ``kdorch --help`` stays quick
wherever the plugin is installed.
"""

from __future__ import annotations

from collections.abc import Callable

import kdorch


@kdorch.hookimpl
def register_datasets(register: Callable[..., None]) -> None:
    """Generated speech, generated words, and a folder of the user's own."""
    register("voice_activity", "kdorch_audio.voice_activity:VoiceActivity")
    register("keywords", "kdorch_audio.keywords:Keywords")
    register("sounds", "kdorch_audio.sounds:Sounds")


@kdorch.hookimpl
def register_students(register: Callable[..., None]) -> None:
    """Two networks that read frames in the order of time; teachers come from them by ``trained``."""
    register("gru", "kdorch_audio.students:Gru")
    register("frame_cnn", "kdorch_audio.students:FrameCnn")


@kdorch.hookimpl
def register_teachers(register: Callable[..., None]) -> None:
    """The voice activity detector of Silero."""
    register("silero_vad", "kdorch_audio.silero:SileroVad")
