"""Sound that is made: the same each time, and as it is described."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from kdorch_audio.keywords import WORDS, Keywords
from kdorch_audio.synthesis import noises, scenes, speech, words
from kdorch_audio.synthesis.mixing import mixed, placed
from kdorch_audio.synthesis.speech import VOICES, Utterance, speak
from kdorch_audio.voice_activity import VoiceActivity

import kdorch

RATE = 16_000


def test_the_engine_says_the_same_again_at_another_time() -> None:
    """Breathy voices are partly noise, which the engine would seed by the second."""
    breathy = [Utterance("water", "en-us", voice, 160, 50) for voice in ("f2", "Alicia")]
    one, second = speak(breathy, RATE), int(time.time())
    while int(time.time()) == second:
        speak(breathy, RATE)
    other = speak(breathy, RATE)
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert one[0].dtype == np.float32
    assert 0.2 * RATE < len(one[0]) < RATE


def test_every_voice_and_language_is_there_and_is_another() -> None:
    said = [Utterance("water", "en", voice, 160, 50) for voice in VOICES]
    said += [Utterance("water", language, "f1", 160, 50) for language in scenes.LANGUAGES]
    heard = {samples.tobytes() for samples in speak(said, 8000)}
    assert len(heard) == len(said)


def test_a_voice_that_is_not_there_is_named() -> None:
    with pytest.raises(kdorch.DataError, match=r"the speech engine failed: .*no voice 'nowhere\+f1'"):
        speak([Utterance("water", "nowhere", "f1", 160, 50)], RATE)


def test_a_crash_of_the_engine_harms_nobody_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashing = tmp_path / "crashing.py"
    crashing.write_text("import ctypes; ctypes.string_at(0)")
    monkeypatch.setattr(speech.engine, "__file__", str(crashing))
    with pytest.raises(kdorch.DataError, match="the speech engine failed: it crashed"):
        speak([Utterance("water", "en", "f1", 160, 50)], RATE)


def test_without_the_engine_it_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "find_spec", lambda _: None)
    for dataset in (VoiceActivity(seed=9), Keywords(seed=9)):
        assert "pip install 'kdorch-audio[speech]'" in dataset.complaints()[""]
        with pytest.raises(kdorch.DataError, match="pip install"):
            dataset.load()


@pytest.mark.parametrize("kind", set(noises.KINDS), ids=lambda kind: kind.__name__)
def test_backgrounds_are_finite_sounds_and_follow_the_seed(kind: noises.Background) -> None:
    for seed in range(20):
        one, other = (kind(np.random.default_rng(seed), 4096, RATE) for _ in range(2))
        assert np.array_equal(one, other)
        assert one.shape == (4096,)
        assert np.isfinite(noises.unit(one)).all()


def test_noise_is_coloured_as_asked() -> None:
    """Brown noise loses 6 dB for each octave."""
    sound = noises.coloured(np.random.default_rng(0), 2**18, RATE, slope=2.0)
    power = np.abs(np.fft.rfft(sound)) ** 2
    octaves = [10 * np.log10(power[2**n : 2 ** (n + 1)].mean()) for n in range(10, 16)]
    assert np.allclose(np.diff(octaves), -6.02, atol=0.5)


def test_speech_is_mixed_at_the_ratio_that_is_asked_for() -> None:
    random = np.random.default_rng(0)
    one, other = (noises.unit(random.normal(size=8000)) for _ in range(2))
    sound = mixed(one, other, ratio=6.0, loudest=10.0).astype(float)
    assert abs(20 * np.log10(abs(sound).max() / 32767) + 10) < 0.01
    share = np.linalg.lstsq(np.stack([one, other], 1), sound, rcond=None)[0]
    assert abs(20 * np.log10(share[0] / share[1]) - 6) < 0.01


@pytest.mark.parametrize(("start", "told"), [(-2, [3, 4, 0, 0]), (1, [0, 1, 2, 3]), (3, [0, 0, 0, 1])])
def test_what_sticks_out_of_a_clip_is_cut_off(start: int, told: list[int]) -> None:
    assert placed(np.array([1.0, 2.0, 3.0, 4.0]), 4, start).tolist() == told


def test_speech_is_where_it_sounds_with_short_pauses_and_a_tail() -> None:
    loud = {2, 3, 6, 12}  # a pause of two frames, then one of five
    clean = np.concatenate([np.full(scenes.FRAME, float(frame in loud)) for frame in range(20)])
    assert np.flatnonzero(scenes.where(clean)).tolist() == [2, 3, 4, 5, 6, 7, 8, 12, 13, 14]
    assert not scenes.where(0.02 * clean).any()  # 34 dB below


def test_clips_are_those_that_the_dataset_describes() -> None:
    made = scenes.make(scenes.Plan(120, 16, RATE, seed=0))
    assert made["sounds"].shape == (120, 16 * scenes.FRAME)
    assert made["sounds"].dtype == np.int16
    assert 0.1 < (made["speech"].max(1) == 0).mean() < 0.4
    assert np.bincount(made["voices"]).tolist() == [5] * len(VOICES)


def test_clips_follow_the_seed() -> None:
    one, same, other = (scenes.make(scenes.Plan(24, 8, RATE, seed))["sounds"] for seed in (0, 0, 1))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_what_was_generated_once_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = VoiceActivity(clips=24, frames=8, seed=5)
    first = dataset.load().inputs
    monkeypatch.setattr(scenes, "make", lambda _: pytest.fail("it is there"))
    assert np.array_equal(dataset.load().inputs, first)


def test_keywords_are_all_words_by_all_voices() -> None:
    made = words.make(words.Plan(WORDS[:4], ["en", "en-us"], 2, 8192, 8000, seed=0))
    assert made["sounds"].shape == (4 * len(VOICES) * 2 * 2, 8192)
    pairs, counts = np.unique(np.stack([made["words"], made["voices"]]), axis=1, return_counts=True)
    assert pairs.shape == (2, 4 * len(VOICES))
    assert set(counts.tolist()) == {4}


def test_naming_the_plugin_s_parts_imports_neither_torch_nor_numpy() -> None:
    code = "import kdorch_audio, sys; print({'torch', 'numpy', 'scipy'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
