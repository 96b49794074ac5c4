"""Frames against formulas that are written another way."""

from __future__ import annotations

import math

import pytest
import torch
from kdorch_audio.logmel import LogMel, mel_filters

import kdorch


def to_mel(hertz: float) -> float:
    """The scale of HTK, in natural logarithms."""
    return 1127.0104 * math.log1p(hertz / 700)


def triangle(mel: float, left: float, peak: float, right: float) -> float:
    return max(0.0, min((mel - left) / (peak - left), (right - mel) / (right - peak)))


def to_hertz(mel: float) -> float:
    return 700 * (math.exp(mel / 1127.0104) - 1)


def test_filters_are_triangles_between_mel_spaced_corners() -> None:
    rate, window, mels = 16_000, 512, 20
    step = to_mel(rate / 2) / (mels + 1)
    for band, found in enumerate(mel_filters(rate, window, mels)):
        corners = [to_hertz(step * (band + place)) for place in range(3)]
        expected = [triangle(place * rate / window, *corners) for place in range(window // 2 + 1)]
        assert torch.allclose(found, torch.tensor(expected), atol=1e-4)


def test_one_kilohertz_is_a_thousand_mel() -> None:
    """The scale's anchor: of 40 bands over 2840 mel, the one around mel 1000 hears 1 kHz most."""
    filters = mel_filters(16_000, 512, 40)
    assert filters[:, 32].argmax().item() == round(1000 / (to_mel(8000) / 41)) - 1  # bin 32 is 1 kHz


def test_powers_are_those_of_a_fourier_transform_in_double_precision() -> None:
    samples = torch.randint(-9000, 9000, (2, 1024), generator=torch.Generator().manual_seed(0)).short()
    module = LogMel(samples, rate=8000, window=256, hop=128, mels=16)
    heard = torch.cat([torch.zeros(2, 128), samples / 2.0**15], 1).double()
    for frame in (0, 1, 7):
        part = heard[:, 128 * frame : 128 * frame + 256] * torch.hann_window(256, dtype=torch.float64)
        power = torch.fft.fft(part).abs()[:, :129] ** 2
        expected = (power @ mel_filters(8000, 256, 16).double().T + 1e-6).log()
        assert torch.allclose(module.powers(samples)[:, :, frame].double(), expected, atol=1e-4)


def test_bands_are_standardised_over_the_rows_that_it_was_made_from() -> None:
    scale = torch.linspace(10, 9000, 600)[:, None]  # more rows than are taken at a time
    samples = (scale * torch.randn(600, 512, generator=torch.Generator().manual_seed(0))).short()
    frames = LogMel(samples, rate=8000, window=256, hop=128, mels=8)(samples)
    assert frames.shape == (600, 1, 8, 4)
    assert torch.allclose(frames.mean((0, 1, 3)), torch.zeros(8), atol=1e-4)
    assert torch.allclose(frames.std((0, 1, 3), correction=0), torch.ones(8), atol=1e-4)


def test_no_frame_hears_what_is_still_to_come() -> None:
    samples = torch.randint(-9000, 9000, (1, 1024), generator=torch.Generator().manual_seed(0)).short()
    module = LogMel(samples, rate=8000, window=256, hop=128, mels=8)
    later = samples.clone()
    later[:, 512:] = 0
    same = (module(samples) == module(later)).all(2)[0, 0]
    assert same.tolist() == [True] * 4 + [False] * 4


def test_silence_is_finite_and_where_nothing_changes_there_is_zero() -> None:
    silence = torch.zeros(3, 1024, dtype=torch.int16)
    module = LogMel(silence, rate=8000, window=256, hop=128, mels=8)
    frames = module(silence)
    assert torch.allclose(frames, torch.zeros_like(frames), atol=1e-4)
    assert torch.equal(module.deviation, torch.ones(8, 1))  # or rounding, divided by, would make sound huge


def test_more_bands_than_the_transform_tells_apart_are_refused() -> None:
    with pytest.raises(kdorch.DataError, match=r"of 64 mel bands hear nothing, as windows have 64 samples"):
        mel_filters(2000, 64, 64)
