"""A teacher from an MLflow registry."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AfterValidator, PrivateAttr

import kdorch
from kdorch.builtin.teachers.fields import Answers
from kdorch.builtin.teachers.programs import PROGRAM, count, opened, packed, unpacked

if TYPE_CHECKING:
    from torch import Tensor

_ADDRESS = re.compile(r"models:/[^@/:]+(@[^@/]+|/\d+)")
_PROGRAM_FILE = "data/model.pt2"
_DIGEST = "kdorch.digest"  # a tag of what `kdorch promote` registered: the digest of its program
_STRANGE = "was not promoted by this version of kdorch"


def _address(uri: str) -> str:
    if not _ADDRESS.fullmatch(uri):
        raise ValueError("should be models:/NAME@ALIAS or models:/NAME/VERSION")
    return uri


class Registry(kdorch.Teacher, name="registry", tasks={"classification", "multilabel", "regression"}):
    """A registered model of MLflow: one that kdorch promoted, or any that MLflow can ask for predictions.

    It takes rows as the dataset ships them. For a regression it answers in the units of the dataset. The
    registry is that of ``MLFLOW_TRACKING_URI``, or else the project's own. An alias is resolved when the
    teacher is made ready; what is stored is the model itself, so it stays what it was.

    A model that kdorch promoted into the project's own database is loaded if its program has the digest that
    was recorded then. Any other may run code when it is loaded, and needs ``trust``; so does one of a server,
    as whoever may write there may record any digest.

    Attributes:
        uri: ``models:/NAME@ALIAS`` or ``models:/NAME/VERSION``.
        answers: ``logits`` or ``probabilities``; what kdorch promotes answers logits.
        trust: Whether you trust the makers of a model from a server, or one that kdorch did not promote.
    """

    uri: Annotated[str, AfterValidator(_address)]
    answers: Answers = "logits"
    trust: bool = False
    _recorded: str = PrivateAttr("")  # digest of the program, of a model that kdorch promoted
    _moment: int = PrivateAttr(0)  # when the version was made: another registry may have one of the same name

    @property
    def foreign(self) -> bool:
        """It was made elsewhere."""
        return True

    @property
    def raw(self) -> bool:
        """It takes what the dataset ships."""
        return True

    def fingerprint(self) -> str:
        """Return what tells versions of one name in two registries apart, once it is settled."""
        return f"{super().fingerprint()}{self._moment or ''}{self._recorded}"

    def settled(self, lessons: kdorch.Lessons) -> Self:
        """Return the teacher with the version that an alias points at now.

        Raises:
            DataError: If there is none, or it is not trusted.
        """
        from kdorch.builtin.teachers.models import version_of

        version = version_of(self.uri, lessons.tracking_uri)
        found = self.model_copy(update={"uri": f"models:/{version.name}/{version.version}"})
        found._recorded = version.tags.get(_DIGEST, "")
        found._moment = int(version.creation_timestamp)
        own = lessons.tracking_uri.startswith("sqlite:")  # a file, which the system guards
        if not (self.trust or (own and found._recorded)):
            why = "comes from a server, where others may write" if found._recorded else _STRANGE
            raise kdorch.DataError(
                f"teacher.trust: {found.uri} {why}, and loading it may run whatever its maker put into it. "
                "If you know who made it, write trust: true."
            )
        return found

    def fit(self, lessons: kdorch.Lessons) -> dict[str, Tensor]:
        """Return the model.

        Raises:
            DataError: If it cannot be fetched, is not what was promoted, or knows other labels.
        """
        from kdorch.builtin.teachers.models import fetch, zipped

        with TemporaryDirectory() as folder:
            files = fetch(self.uri, lessons.tracking_uri, folder)
            lessons.note(self.uri)
            if self._recorded:
                return self._promoted(files, lessons.task)
            return {"files": packed(zipped(files))}

    def _promoted(self, files: Path, task: kdorch.Task) -> dict[str, Tensor]:
        import torch
        from mlflow.models import Model

        from kdorch.builtin.teachers.answering import in_order

        content = (files / _PROGRAM_FILE).read_bytes()
        if sha256(content).hexdigest() != self._recorded:
            raise kdorch.DataError(
                f"teacher.uri: the program of {self.uri} is not what was promoted: its digest differs."
            )
        labels = (Model.load(str(files)).metadata or {}).get("labels", [])
        return {"program": packed(content), "order": torch.tensor(in_order(labels, task))}

    def build(
        self, task: kdorch.Task, state: Mapping[str, Tensor]
    ) -> Callable[[kdorch.Batch], kdorch.Output]:
        """Return the model."""
        from kdorch.builtin.teachers.answering import as_logits, ask
        from kdorch.builtin.teachers.models import asked

        ours = "program" in state
        model: Callable[[Any], Any]
        model = opened(unpacked(state["program"]), PROGRAM) if ours else asked(unpacked(state["files"]))

        def answer(batch: kdorch.Batch) -> kdorch.Output:
            said = ask(model, batch.raw, task)
            if ours:
                return kdorch.Output(as_logits(task, said[:, state["order"]], "logits", batch.rows))
            return kdorch.Output(as_logits(task, said, self.answers, batch.rows))

        return answer

    def parameters(self, task: kdorch.Task, state: Mapping[str, Tensor]) -> int:
        """Return those of a promoted model; of another, nobody knows."""
        return count(opened(unpacked(state["program"]), PROGRAM)) if "program" in state else 0
