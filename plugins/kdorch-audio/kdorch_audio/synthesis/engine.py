"""The speech engine eSpeak NG in a process of its own: ``python engine.py FILE``.

It reads utterances as JSON from its input and writes their samples to the file. A process of its own, because
the engine keeps global state, some of it random, and a crash in it must not take a study along.
"""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 22050  # what the engine speaks at, whatever it is asked for
_SYNCHRONOUS = 2  # espeak_AUDIO_OUTPUT: hand samples over before espeak_Synth returns
_SPEED, _PITCH = 1, 3  # espeak_PARAMETER
_UTF8 = 1
_SEED = 0  # breath is noise


def main(path: str) -> None:
    """Speak what stands in the standard input; write an archive with an array for each utterance."""
    speak = _started()
    np.savez(path, *[speak(utterance) for utterance in json.load(sys.stdin)])


def _started() -> Callable[[Mapping[str, Any]], NDArray[np.int16]]:
    """Start the engine and return what speaks an utterance."""
    import espeakng_loader  # type: ignore[import-untyped]

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
    if rate != RATE:
        sys.exit(f"the engine did not start: {rate}")
    library.espeak_ng_SetRandSeed(ctypes.c_long(_SEED))
    parts: list[NDArray[np.int16]] = []
    listen = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

    def hear(samples: Any, count: int, _events: Any) -> int:
        if samples and count:
            parts.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    take = listen(hear)  # as long as this name lives, the engine may call it
    library.espeak_SetSynthCallback(take)

    def speak(utterance: Mapping[str, Any]) -> NDArray[np.int16]:
        parts.clear()
        if library.espeak_SetVoiceByName(utterance["voice"].encode()):
            sys.exit(f"the engine has no voice {utterance['voice']!r}")
        library.espeak_SetParameter(_SPEED, utterance["speed"], 0)
        library.espeak_SetParameter(_PITCH, utterance["pitch"], 0)
        text = utterance["text"].encode() + b"\0"
        library.espeak_Synth(text, len(text), 0, 1, 0, _UTF8, None, take)
        return np.concatenate(parts)

    return speak


if __name__ == "__main__":
    main(sys.argv[1])
