"""Clips of one word each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from kdorch_audio.synthesis.mixing import mixed, placed
from kdorch_audio.synthesis.noises import coloured, unit
from kdorch_audio.synthesis.speech import VOICES, Utterance, speak

_LATEST = 0.2  # seconds, when a word begins


@dataclass(frozen=True)
class Plan:
    """What clips are to be like.

    Attributes:
        words: What is said.
        accents: The engine's names of accents.
        takes: How often each voice says a word in an accent.
        samples: Length of a clip.
        rate: Samples per second.
        seed: Of all that is random.
    """

    words: Sequence[str]
    accents: Sequence[str]
    takes: int
    samples: int
    rate: int
    seed: int


def make(plan: Plan) -> dict[str, NDArray[Any]]:
    """Return each word by each voice in each accent, so many times.

    Returns:
        ``sounds``, int16, shape (clips, samples); ``words`` and ``voices``, positions in the plan's words and
        in `VOICES`, int64, shape (clips,).
    """
    random = np.random.default_rng(plan.seed)
    said = list(product(range(len(plan.words)), range(len(VOICES)), plan.accents, range(plan.takes)))
    utterances = [_utterance(random, plan.words[word], voice, accent) for word, voice, accent, _ in said]
    sounds = [_clip(random, spoken, plan) for spoken in speak(utterances, plan.rate)]
    words, voices = (np.array([each[place] for each in said]) for place in (0, 1))
    return {"sounds": np.array(sounds), "words": words, "voices": voices}


def _utterance(random: Generator, word: str, voice: int, accent: str) -> Utterance:
    speed, pitch = int(random.integers(110, 231)), int(random.integers(20, 81))
    return Utterance(word, accent, VOICES[voice], speed, pitch)


def _clip(random: Generator, spoken: NDArray[np.float32], plan: Plan) -> NDArray[np.int16]:
    start = int(random.uniform(0, _LATEST) * plan.rate)
    noise = unit(coloured(random, plan.samples, plan.rate))
    ratio, loudest = random.uniform(-5, 15), random.uniform(1, 20)
    return mixed(placed(unit(spoken), plan.samples, start), noise, ratio, loudest)
