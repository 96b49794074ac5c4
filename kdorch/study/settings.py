"""The sections of a study that hold plain settings."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ByteSize, Field, model_validator

from kdorch.spec import Strict
from kdorch.spec.strict import refusal
from kdorch.study.transfer import Augment, Transfer

Share = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[int, Field(ge=1)]


def _is_size(value: Any) -> Any:
    if isinstance(value, bool) or (isinstance(value, str) and "%" in value):  # taken for bytes by pydantic
        raise refusal("byte_size", "")
    return value


Bytes = Annotated[ByteSize, BeforeValidator(_is_size)]


class Split(Strict):
    """How rows are divided: stratified at random, the same for every seed of the study.

    Attributes:
        validation: Share of the rows that choose between students; of the training rows where the source
            says which rows are the test, and no more.
        test: Share of the rows that are locked until a student is confirmed.
        seed: Which random division.
    """

    validation: Share = 0.2
    test: Share = 0.2
    seed: int = 0

    @model_validator(mode="after")
    def _leaves_rows(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError("validation and test together must be below 1, to leave rows to train on")
        return self


class Train(Strict):
    """How a student is trained: AdamW under a cosine schedule; the best epoch by validation is kept.

    Attributes:
        epochs: Passes over the training rows.
        batch: Rows per step.
        lr: Highest learning rate.
        weight_decay: Decoupled decay of the weights, per unit of learning rate.
        deterministic: Insist on algorithms that repeat bit for bit.
        memory_format: How the maps of a convolutional student lie in memory while it is trained:
            ``contiguous``, ``channels_last`` where that is known to be safe, or with ``auto`` the quicker of
            both. What is learnt is the same but for rounding.
        precision: ``float32``; ``bfloat16`` for what bears it, on a processor that computes with it; with
            ``auto`` that where it is quicker and a short training is no worse.
    """

    epochs: Positive = 20
    batch: Positive = 64
    lr: Annotated[float, Field(gt=0)] = 3e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    deterministic: bool = False
    memory_format: Literal["auto", "contiguous", "channels_last"] = "auto"
    precision: Literal["float32", "bfloat16", "auto"] = "float32"


class Search(Strict):
    """How parameters are proposed.

    ``gp`` models the parameters that every trial has; those that exist only under a choice it leaves to
    ``tpe``, while ``nsga2`` draws them at random.

    Attributes:
        trials: Complete, pruned and finally failed trials; retries do not count.
        sampler: ``tpe`` (multivariate), ``gp``, ``nsga2`` or ``random``; of more than 500 trials ``tpe``
            learns from a selection, ``gp`` of more than 200.
        pruner: ``optimistic`` gives a training up once a finished trial that is no worse in the other
            objectives would beat it even if its error shrank as in the luckiest 15 % of finished trials;
            ``none`` trains every student to its end.
        stack: Most trials that are trained as one, where they are alike enough; ``auto`` measures what is
            quickest.
        threads: Of each job that trains; ``auto`` is one, or where there are more cores than workers as many
            as each has, if that is measured to be quicker.
        deadline: Seconds after which a training counts as hanging: its process is ended, and it has failed.
            With ``auto`` a hundred times what the longest should take, and an hour at least; a day where
            nobody knows.
        memory: Bytes, as in ``8GB``, that a worker may use: beyond, it is ended. With ``auto`` all together
            may use four fifths of the machine's memory; beyond, the largest is ended.
    """

    trials: Positive = 40
    sampler: Literal["tpe", "gp", "nsga2", "random"] = "tpe"
    pruner: Literal["none", "optimistic"] = "none"
    stack: Literal["auto"] | Positive = "auto"
    threads: Literal["auto"] | Positive = "auto"
    deadline: Literal["auto"] | Annotated[float, Field(gt=0, allow_inf_nan=False)] = "auto"
    memory: Literal["auto"] | Bytes = "auto"


class Confirm(Strict):
    """How the best of the front are tested.

    Attributes:
        top: Students of the front to train again.
        seeds: Fresh seeds for each.
        baseline: What each is compared with, on the same seeds: ``paired`` is the same student without the
            teacher; ``tuned`` the best that is no larger of a search without the teacher, of as many trials,
            which doubles the search; ``none`` trains nothing else.
    """

    top: Annotated[int, Field(ge=0)] = 3
    seeds: Positive = 5
    baseline: Literal["paired", "tuned", "none"] = "paired"

    @property
    def searched(self) -> bool:
        """Whether there is a search without a teacher: nobody needs one where nobody is confirmed."""
        return self.baseline == "tuned" and self.top > 0


class Store(Strict):
    """What may lie on disk so that it is computed once.

    Attributes:
        disk: Bytes, as in ``10GB``, for the teacher's features, and for views; where features would take
            more, each trial asks the teacher for them again, while more views are refused. It changes no
            result, only how long a trial takes.
        top: Of what the teacher answers, the largest entries of each distribution, so many, and the mass of
            all others; everything by default.
    """

    disk: Bytes = ByteSize(10_000_000_000)
    top: Positive | None = None


SETTINGS: dict[str, type[Strict]] = {
    "split": Split,
    "transfer": Transfer,
    "augment": Augment,
    "train": Train,
    "store": Store,
    "search": Search,
    "confirm": Confirm,
}
