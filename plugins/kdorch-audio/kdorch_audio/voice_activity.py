"""Generated clips in which somebody speaks, or not."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch
from kdorch_audio.synthesis import speech

if TYPE_CHECKING:
    from torch import Tensor, nn

RATE = 16_000


class VoiceActivity(kdorch.Dataset, name="voice_activity", tasks={"multilabel"}):
    """Synthetic speech in eight languages, with noise, tones, music and knocks at -5 to 15 dB.

    Two dozen voices say words that nobody knows; a fifth of the clips has no speech, and a few have next to
    no background. Rows are samples at 16 kHz. An output is 32 ms: whether somebody speaks then, as the
    generator knows who put it there. Pauses up to 0.1 s are part of speech, and it ends 64 ms after its last
    sound. Whole voices are held out; languages and kinds of background are the same everywhere.

    Synthetic: how well a network does on it says little of how well it does in a room with people.

    Attributes:
        clips: How many.
        frames: Of 32 ms each; 64 are two seconds.
        mels: Bands that networks are shown, each 16 ms.
        seed: Of all that is random.
    """

    clips: Annotated[int, Field(ge=24)] = 2400
    frames: Annotated[int, Field(ge=8)] = 64
    mels: Annotated[int, Field(ge=8, le=64)] = 32
    seed: Annotated[int, Field(ge=0)] = 0

    def complaints(self) -> dict[str, str]:
        """Return that there is no engine to speak."""
        return {} if speech.is_installed() else {"": speech.MISSING}

    def load(self) -> kdorch.Columns:
        """Return clips of shape (clips, 512 x frames), int16.

        Raises:
            DataError: If the speech engine is missing, or fails.
        """
        from kdorch_audio.synthesis import scenes
        from kdorch_audio.synthesis.keeping import kept
        from kdorch_audio.usage import encoding

        plan = scenes.Plan(self.clips, self.frames, RATE, self.seed)
        made = kept(self.name, asdict(plan), lambda: scenes.make(plan))
        moments = [f"{frame * scenes.FRAME / RATE:.3f} s" for frame in range(self.frames)]
        task = kdorch.Multilabel(labels=moments)
        return kdorch.Columns(
            made["sounds"],
            made["speech"],
            task,
            groups=made["voices"],
            usage=encoding(RATE, self.frames * scenes.FRAME),
        )

    def preprocess(self, inputs: Tensor) -> nn.Module:
        """Return the way to log-mel frames, two for each output."""
        from kdorch_audio.logmel import LogMel

        return LogMel(inputs, rate=RATE, window=512, hop=256, mels=self.mels)
