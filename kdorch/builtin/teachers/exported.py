"""A teacher in a file that PyTorch wrote elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import kdorch
from kdorch.builtin.teachers.fields import Answers, Inputs
from kdorch.builtin.teachers.programs import count, opened, packed, unpacked

if TYPE_CHECKING:
    from torch import Tensor

_WHY = (
    "loading {} can run whatever code its maker put into it. If you know who made it, write trust: true; "
    "weights as safetensors, with teacher: {{use: checkpoint, ...}}, need no trust."
)


class Exported(kdorch.Teacher, name="exported", tasks={"classification", "multilabel", "regression"}):
    """TorchScript (``.pt``, ``.ts``) or an exported program (``.pt2``).

    For a regression it answers in the units of the dataset.

    Attributes:
        path: The file; in a study file, from where that lies.
        trust: Whether you trust the maker of the file, whose code it may run.
        answers: ``logits`` or ``probabilities``.
        inputs: ``prepared`` as for a student, or ``raw`` as the dataset ships them.
    """

    path: Path
    trust: bool = False
    answers: Answers = "logits"
    inputs: Inputs = "prepared"

    @property
    def foreign(self) -> bool:
        """It was made elsewhere."""
        return True

    @property
    def raw(self) -> bool:
        """Whether it takes what the dataset ships."""
        return self.inputs == "raw"

    def complaints(self) -> dict[str, str]:
        """Return that the file is missing, or is not trusted."""
        found = {} if self.path.is_file() else {"path": f"there is no file {self.path}."}
        return found if self.trust else found | {"trust": _WHY.format(self.path.name)}

    def fit(self, lessons: kdorch.Lessons) -> dict[str, Tensor]:
        """Return the content of the file.

        Raises:
            DataError: If it cannot be read, or is not trusted.
        """
        wrong = self.complaints()
        if wrong:
            raise kdorch.DataError("\n".join(f"teacher.{field}: {what}" for field, what in wrong.items()))
        return {"model": packed(self.path.read_bytes())}

    def build(
        self, task: kdorch.Task, state: Mapping[str, Tensor]
    ) -> Callable[[kdorch.Batch], kdorch.Output]:
        """Return the model."""
        from kdorch.builtin.teachers.answering import as_logits, ask

        model = opened(unpacked(state["model"]), self.path.suffix)

        def answer(batch: kdorch.Batch) -> kdorch.Output:
            said = ask(model, batch.raw if self.raw else batch.inputs, task)
            return kdorch.Output(as_logits(task, said, self.answers, batch.rows))

        return answer

    def parameters(self, task: kdorch.Task, state: Mapping[str, Tensor]) -> int:
        """Return the model's."""
        return count(opened(unpacked(state["model"]), self.path.suffix))
