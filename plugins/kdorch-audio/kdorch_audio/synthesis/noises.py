"""Sounds that are not speech: coloured noise, tones, beats, chords."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Samples = NDArray[np.float64]
Background = Callable[[Generator, int, int], Samples]


def coloured(random: Generator, count: int, rate: int, *, slope: float | None = None) -> Samples:
    """Return noise whose power falls with frequency to the power of ``slope``, 0 (white) to 2 (brown)."""
    slope = random.uniform(0, 2) if slope is None else slope
    spectrum = np.fft.rfft(random.normal(size=count))
    frequencies = np.fft.rfftfreq(count, 1 / rate).clip(min=20)  # below, nothing is heard
    found: Samples = np.fft.irfft(spectrum * frequencies ** (-slope / 2), count)
    return found


def hum(random: Generator, count: int, rate: int) -> Samples:
    """Return a machine: a low tone, its overtones, and a little noise."""
    base, time = random.uniform(40, 250), np.arange(count) / rate
    overtones = range(1, int(min(20, rate / 2 // base)))
    tones = sum(
        random.uniform(0, 1) / n * np.sin(2 * np.pi * (n * base * time + random.uniform())) for n in overtones
    )
    return tones + 0.05 * random.normal(size=count)


def tones(random: Generator, count: int, rate: int) -> Samples:
    """Return signals as of devices: a gliding tone that goes on and off."""
    time, seconds = np.arange(count) / rate, count / rate
    start, end = random.uniform(200, 0.4 * rate, size=2)
    phase = start * time + (end - start) * random.integers(0, 2) * time**2 / (2 * seconds)
    on = np.sin(2 * np.pi * (random.uniform(0.5, 6) * time + random.uniform())) > random.uniform(-1, 0.5)
    tone: Samples = np.sin(2 * np.pi * phase) * _smooth(on.astype(float), rate)
    return tone + 1e-3 * random.normal(size=count)


def music(random: Generator, count: int, rate: int) -> Samples:
    """Return chords of a scale, plucked in time, with overtones."""
    beat, mixture = int(rate * random.uniform(0.12, 0.5)), np.zeros(count)
    root = random.uniform(80, 330)
    for start in range(0, count, beat):
        time = np.arange(count - start) / rate
        for step in random.choice((0, 2, 4, 5, 7, 9, 11, 12, 16, 19), size=random.integers(1, 4)):
            pitch = root * 2 ** (step / 12)
            overtones = range(1, int(min(6, rate / 2 // pitch) + 1))
            wave = sum(np.sin(2 * np.pi * n * pitch * time) / n**1.5 for n in overtones)
            mixture[start:] += wave * np.exp(-time * random.uniform(2, 12))
    return mixture


def knocks(random: Generator, count: int, rate: int) -> Samples:
    """Return short bursts, as of keys and steps, in faint noise."""
    mixture = 1e-3 * random.normal(size=count)
    for start in random.integers(0, count, size=max(1, int(random.uniform(1, 8) * count / rate))):
        length = min(count - start, int(rate * random.uniform(0.005, 0.08)))
        burst = unit(random.normal(size=length))
        mixture[start : start + length] += burst * np.exp(-5 * np.arange(length) / length)
    return mixture


KINDS: tuple[Background, ...] = (coloured, coloured, hum, tones, music, knocks)
"""What a background is made of; noise twice, as it is the most usual."""


def background(random: Generator, count: int, rate: int) -> Samples:
    """Return one kind of sound, of a root mean square of 1."""
    return unit(KINDS[random.integers(len(KINDS))](random, count, rate))


def unit(samples: NDArray[np.floating]) -> Samples:
    """Scale to a root mean square of 1."""
    found: Samples = samples / np.sqrt(np.mean(samples.astype(float) ** 2))
    return found


def _smooth(gate: Samples, rate: int) -> Samples:
    width = max(1, rate // 200)  # 5 ms, so that nothing clicks
    return np.convolve(gate, np.ones(width) / width, mode="same")
