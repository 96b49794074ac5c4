"""The fields of a study."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    PrivateAttr,
    SerializeAsAny,
    ValidationError,
    ValidationInfo,
)

from kdorch.discovery import importable, installed
from kdorch.errors import StudyError, shown
from kdorch.kinds import Dataset, Direction, Measure, Teacher
from kdorch.spec import Strict
from kdorch.study.parts import Label, LossPart, ReferenceLabel, StudentPart, mark, unmark
from kdorch.study.settings import Confirm, Search, Split, Store, Train
from kdorch.study.transfer import Augment, Transfer
from kdorch.study.wording import problems

Mark = Annotated[Any, PlainValidator(mark), PlainSerializer(unmark)]
ALWAYS = ("quality", "fidelity", "calibration", "size", "flops", "duration")  # what every trial measures
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


def _anchored(file: Path, info: ValidationInfo) -> Path:
    folder: Path = (info.context or {}).get("folder", Path())
    return (folder / file).resolve()


def _file_name(word: str) -> str:
    if not _NAME.fullmatch(word):
        plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode()
        better = re.sub(r"[^A-Za-z0-9_.-]+", "-", plain).strip("_.-")[:40] or "digits_small"
        form = "a letter or digit and then letters, digits, _ . or -, at most 100 in all"
        raise ValueError(f"should be {form}, as in {better}, not {shown(word)}")
    return word


class Study(Strict):
    """What to distil, into what, and what to search.

    Attributes:
        name: Names the study in the project directory and in MLflow.
        data: The dataset.
        teacher: The model to imitate.
        references: Models to beat by label: scored like the teacher and shown beside it, never taught from.
        student: The network to train, or a choice of networks.
        losses: Terms of the objective by label, each a loss or a choice of losses.
        seed: Initial weights and order of the rows, the same for all trials.
        split: Training, validation and locked test rows.
        transfer: Which training rows and labels the student is shown.
        augment: Versions of the training rows.
        train: Epochs, batch, learning rate.
        tune: Dotted path to ``auto``, ``{low, high, log, step}`` or a list of options.
        objectives: Metric to ``max`` or ``min``; the first one also chooses the best epoch.
        limits: Metric to its bound: lower for what is maximised, upper for all else.
        metrics: Further scores of the task, by their torchmetrics names, as in ``auroc``.
        measures: Measures beyond those that are always taken.
        plugins: Files with plugins that are not installed; in a study file, from where that lies.
        store: How much may lie on disk.
        search: Number of trials and sampler.
        confirm: What is trained again on fresh seeds and tested.
    """

    name: Annotated[str, AfterValidator(_file_name)]
    data: SerializeAsAny[Dataset]
    teacher: SerializeAsAny[Teacher]
    references: dict[ReferenceLabel, SerializeAsAny[Teacher]] = Field(default_factory=dict)
    student: StudentPart
    losses: Annotated[dict[Label, LossPart], Field(min_length=1)]
    seed: Annotated[int, Field(ge=0, lt=2**31, strict=True)] = 0
    split: Split = Split()
    transfer: Transfer = Transfer()
    augment: Augment = Augment()
    train: Train = Train()
    tune: dict[str, Mark] = Field(default_factory=dict)
    objectives: Annotated[dict[str, Direction], Field(min_length=1)]
    limits: dict[str, Annotated[float, Field(allow_inf_nan=False, strict=True)]] = Field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    measures: tuple[SerializeAsAny[Measure], ...] = ()
    plugins: tuple[Annotated[Path, AfterValidator(_anchored)], ...] = ()
    store: Store = Store()
    search: Search = Search()
    confirm: Confirm = Confirm()
    _folder: Path | None = PrivateAttr(None)
    _words: tuple[str, ...] = PrivateAttr(())

    def __init__(self, **fields: Any) -> None:
        # Parts may be written as {use: name}, so validation has to know the plugins.
        try:
            with importable(_folders(None, _files(fields, Path()))):
                context = {"find": installed().find, "names": installed().names}
                self.__pydantic_validator__.validate_python(fields, self_instance=self, context=context)
        except ValidationError as error:
            name = f"study {fields['name']!r}" if "name" in fields else "the study"
            raise StudyError(problems(error, fields), name) from None

    @classmethod
    def load(cls, path: str | Path, overrides: Sequence[str] = ()) -> Self:
        """Read and check a study file.

        Where a field takes a path, a relative one starts at the file's directory. Files may be moved, by
        themselves or with the whole project: trials are compared by what is in them.

        Args:
            path: A YAML file.
            overrides: Assignments such as ``train.epochs=5``, applied before checking.

        Raises:
            StudyError: With every mistake in it.
        """
        from kdorch.study.check import checked
        from kdorch.study.file import read

        source = read(path, overrides)
        with importable(_folders(source.folder, _files(source.tree, source.folder))):
            study = cls(**checked(source, installed()))
        study._folder = source.folder
        settings = (word for override in overrides for word in ("--set", override))
        study._words = (str(Path(path).resolve()), *settings)
        return study

    def __eq__(self, other: object) -> bool:
        """Studies that say the same are equal, wherever their files lie."""
        return isinstance(other, Study) and dict(self) == dict(other)

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def folders(self) -> list[str]:
        """Directories whose modules the study may name, and its files with plugins, as `importable` has them.

        The directories are that of its file, if it has one, the current one, and those of the plugins.
        """
        return _folders(self._folder, self.plugins)

    @property
    def words(self) -> list[str]:
        """The file and settings that it was loaded by, as the command line takes them."""
        return list(self._words)

    def tree(self) -> dict[str, Any]:
        """Return the study as the file writes it, every default filled in."""
        return self.model_dump(mode="json")


def _folders(folder: Path | None, files: Iterable[Path]) -> list[str]:
    folders = [folder, Path.cwd(), *(file.parent for file in files), *files]
    return list(dict.fromkeys(str(found) for found in folders if found))


def _files(tree: Mapping[str, Any], folder: Path) -> list[Path]:
    """Return the files with plugins that a study names, before anything is known to be well-formed."""
    named = tree.get("plugins")
    words = named if isinstance(named, list | tuple) else ()
    return [(folder / word).resolve() for word in words if isinstance(word, str | Path)]
