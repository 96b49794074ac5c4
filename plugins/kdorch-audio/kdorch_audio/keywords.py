"""Generated words, to be told apart."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch
from kdorch_audio.synthesis import speech

if TYPE_CHECKING:
    from torch import Tensor, nn

RATE = 8_000
SAMPLES = 8_192

WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "yes", "no", "up", "down",
    "left", "right", "on", "off", "stop", "go",
)  # fmt: skip

ACCENTS = ("en", "en-us", "en-gb-scotland", "en-gb-x-rp", "en-029", "en-gb-x-gbclan")


class Keywords(kdorch.Dataset, name="keywords", tasks={"classification"}):
    """Twenty English words by two dozen synthetic voices in six accents, in coloured noise at -5 to 15 dB.

    Each voice says each word in each accent, at 110 to 230 words per minute and any pitch that the engine
    thinks natural, somewhere in the first 0.2 s of a second. Rows are samples at 8 kHz. Whole voices are held
    out.

    Synthetic: never call it real speech.

    Attributes:
        takes: How often each voice says a word in an accent.
        mels: Bands that networks are shown, each 16 ms.
        seed: Of all that is random.
    """

    takes: Annotated[int, Field(ge=1)] = 1
    mels: Annotated[int, Field(ge=8, le=40)] = 32
    seed: Annotated[int, Field(ge=0)] = 0

    def complaints(self) -> dict[str, str]:
        """Return that there is no engine to speak."""
        return {} if speech.is_installed() else {"": speech.MISSING}

    def load(self) -> kdorch.Columns:
        """Return 2,880 clips for each take, of shape (rows, 8192), int16.

        Raises:
            DataError: If the speech engine is missing, or fails.
        """
        from kdorch_audio.synthesis import words
        from kdorch_audio.synthesis.keeping import kept
        from kdorch_audio.usage import encoding

        plan = words.Plan(WORDS, ACCENTS, self.takes, SAMPLES, RATE, self.seed)
        made = kept(self.name, asdict(plan), lambda: words.make(plan))
        task = kdorch.Classification(labels=WORDS)
        return kdorch.Columns(
            made["sounds"], made["words"], task, groups=made["voices"], usage=encoding(RATE, SAMPLES)
        )

    def preprocess(self, inputs: Tensor) -> nn.Module:
        """Return the way to log-mel frames, 62 in a second."""
        from kdorch_audio.logmel import LogMel

        return LogMel(inputs, rate=RATE, window=256, hop=128, mels=self.mels)
