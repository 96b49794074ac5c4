"""Silero VAD as a teacher."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from kdorch_audio import silero
from kdorch_audio.silero import SileroVad
from kdorch_audio.voice_activity import VoiceActivity

import kdorch

FRAMES = 16


def task(outputs: int = FRAMES) -> kdorch.Multilabel:
    return kdorch.Multilabel(labels=[str(frame) for frame in range(outputs)])


def asked(samples: torch.Tensor, outputs: int = FRAMES) -> torch.Tensor:
    teacher, rows = SileroVad(), torch.arange(len(samples))
    answer = teacher.build(task(outputs), teacher.fit(None))  # type: ignore[arg-type]  it asks for no lessons
    with torch.no_grad():
        return answer(kdorch.Batch(samples, torch.zeros(len(samples)), rows, raw=samples)).logits


def test_it_hears_what_its_own_package_hears_in_a_stream() -> None:
    """One row at a time, by the package's own loader, chunk after chunk."""
    threads = torch.get_num_threads()
    from silero_vad import load_silero_vad  # which sets them to one

    sounds = torch.tensor(VoiceActivity(clips=24, frames=FRAMES).load().inputs[:4])
    with warnings.catch_warnings(action="ignore"):  # TorchScript is deprecated
        model = load_silero_vad()
    for samples, told in zip(sounds, asked(sounds), strict=True):
        model.reset_states()
        with torch.no_grad():
            said = [model(chunk, 16_000).item() for chunk in (samples / 32768).split(512)]
        assert torch.allclose(told.sigmoid(), torch.tensor(said), atol=1e-5)
    torch.set_num_threads(threads)


def test_what_it_says_is_of_what_the_generator_put_there() -> None:
    """Nine of ten frames, where it was never told what the generator does."""
    found = VoiceActivity(clips=48, frames=64).load()
    told = asked(torch.tensor(found.inputs), 64) > 0
    assert (told == torch.tensor(found.targets).bool()).float().mean() > 0.9


@pytest.mark.parametrize(
    ("samples", "told"),
    [
        (torch.zeros(2, 8000, dtype=torch.int16), r"needs rows of 8,192 samples, int16; these have .*8000"),
        (torch.zeros(2, 8192), r"torch.float32"),
        (torch.zeros(2, 1, 8192, dtype=torch.int16), r"\(1, 8192\)"),
    ],
)
def test_rows_that_it_cannot_hear_are_refused(samples: torch.Tensor, told: str) -> None:
    with pytest.raises(kdorch.DataError, match=told):
        asked(samples)


def test_its_parameters_are_those_for_16_khz() -> None:
    """Of the 309,633 that its makers count, 66,048 are a Fourier transform, which nobody trained."""
    teacher = SileroVad()
    assert teacher.parameters(task(), teacher.fit(None)) == 309_633 - 258 * 256  # type: ignore[arg-type]


def test_another_model_in_the_package_needs_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "silero_vad.jit"
    other.write_bytes(b"another")
    monkeypatch.setattr(silero, "_shipped", lambda: other)
    assert "write trust: true" in SileroVad().complaints()["trust"]
    with pytest.raises(kdorch.DataError, match=r"teacher\.trust: the model in the package"):
        SileroVad().fit(None)  # type: ignore[arg-type]
    assert SileroVad(trust=True).complaints() == {}
    assert SileroVad(trust=True).fingerprint() != SileroVad().fingerprint()[:-1]


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silero, "find_spec", lambda _: None)
    assert "pip install silero-vad" in SileroVad().complaints()[""]


def test_what_answered_once_answers_alike_though_the_package_is_gone(monkeypatch: Any) -> None:
    teacher = SileroVad()
    state = teacher.fit(None)  # type: ignore[arg-type]
    monkeypatch.setattr(silero, "find_spec", lambda _: None)
    samples = torch.zeros(1, 512 * FRAMES, dtype=torch.int16)
    batch = kdorch.Batch(samples, torch.zeros(1), torch.arange(1), raw=samples)
    assert teacher.build(task(), state)(batch).logits.shape == (1, FRAMES)
