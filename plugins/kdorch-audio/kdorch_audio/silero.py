"""Silero VAD as a teacher: what its package ships, asked and never looked into."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kdorch

if TYPE_CHECKING:
    from torch import Tensor

CHUNK = 512
"""Samples that one answer is about."""

RATE = 16_000
_FULL_SCALE = 2.0**15  # of int16
_FLOOR = 1e-7  # probabilities below it count as this, so that logits are finite
_FOR_16_KHZ = "_model."  # how the names of parameters begin
_KNOWN = "e1122837f4154c511485fe0b9c64455f7b929c96fbb8d79fbdb336383ebd3720"
_MISSING = "the package silero-vad is not installed: pip install silero-vad, without its extras."
_STRANGE = (
    "the model in the package silero-vad is not that of its release 6.2.3, with which this was tested, and "
    "loading TorchScript can run whatever code its maker put into it. If you trust it, write trust: true."
)


class SileroVad(
    kdorch.Teacher,
    name="silero_vad",
    tasks={"multilabel"},
    reference="https://github.com/snakers4/silero-vad",
):
    """The voice activity detector of Silero: for every 512 samples at 16 kHz, whether somebody speaks.

    A black box: its answers are all that there is. It listens to each row from the beginning, as it does to a
    stream, and answers 512 samples from what it has heard so far; rows are int16 at 16 kHz and the outputs of
    the task are its chunks, in order. What it learnt from is not public: its scores say how well it does on
    your rows, and nothing of where it was made.

    Not for another rate, and not for who speaks or what: it was made to tell speech from all else.

    Attributes:
        trust: Whether you trust a release of silero-vad that this plugin does not know.
    """

    trust: bool = False

    @property
    def foreign(self) -> bool:
        """It was made elsewhere."""
        return True

    @property
    def raw(self) -> bool:
        """It takes samples."""
        return True

    def complaints(self) -> dict[str, str]:
        """Return that the package is missing, or ships another model."""
        path = _shipped()
        if path is None:
            return {"": _MISSING}
        return {} if self.trust or _digest(path) == _KNOWN else {"trust": _STRANGE}

    def fingerprint(self) -> str:
        """Return the digest of the model."""
        path = _shipped()
        return "" if path is None else _digest(path)

    def fit(self, lessons: kdorch.Lessons) -> dict[str, Tensor]:
        """Return the model as bytes, so that the teacher stays what it is when the package changes.

        Raises:
            DataError: If it is missing, or neither known nor trusted.
        """
        import torch

        path, wrong = _shipped(), self.complaints()
        if wrong or path is None:
            raise kdorch.DataError("\n".join(f"teacher.{field}: {what}" for field, what in wrong.items()))
        return {"model": torch.frombuffer(bytearray(path.read_bytes()), dtype=torch.uint8)}

    def build(
        self, task: kdorch.Task, state: Mapping[str, Tensor]
    ) -> Callable[[kdorch.Batch], kdorch.Output]:
        """Return the model."""
        model = _opened(state)

        def answer(batch: kdorch.Batch) -> kdorch.Output:
            assert batch.raw is not None  # noqa: S101  asked for by `raw`
            return kdorch.Output(_asked(model, batch.raw, task.outputs))

        return answer

    def parameters(self, task: kdorch.Task, state: Mapping[str, Tensor]) -> int:
        """Return how many the model has for 16 kHz; it holds another one for 8 kHz."""
        named = _opened(state).named_parameters()
        return sum(parameter.numel() for name, parameter in named if name.startswith(_FOR_16_KHZ))


def _shipped() -> Path | None:
    """Return the file of the package, which is not imported: that would set torch's threads."""
    found = find_spec("silero_vad")
    path = Path(found.origin).parent / "data" / "silero_vad.jit" if found and found.origin else None
    return path if path and path.is_file() else None


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _opened(state: Mapping[str, Tensor]) -> Any:
    import torch

    with warnings.catch_warnings(action="ignore"):  # TorchScript is deprecated
        return torch.jit.load(io.BytesIO(bytes(state["model"].numpy())), map_location="cpu").eval()


def _asked(model: Any, samples: Tensor, outputs: int) -> Tensor:
    """Return log odds for each chunk, shape (rows, outputs).

    Raises:
        DataError: If rows are not int16, or not as many chunks as there are outputs.
    """
    import torch

    if samples.dtype != torch.int16 or tuple(samples.shape[1:]) != (outputs * CHUNK,):
        raise kdorch.DataError(
            f"silero_vad answers {CHUNK} samples at {RATE} Hz with one number, so a task with {outputs} "
            f"outputs needs rows of {outputs * CHUNK:,} samples, int16; these have shape "
            f"{tuple(samples.shape[1:])}, {samples.dtype}."
        )
    model.reset_states()
    heard = samples.float() / _FULL_SCALE
    said = torch.cat([model(chunk, RATE) for chunk in heard.split(CHUNK, dim=1)], dim=1)
    return said.clamp(_FLOOR, 1 - _FLOOR).logit()
