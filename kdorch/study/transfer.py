"""What a student is shown of the training rows: which of them, with which labels, and in which versions."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from kdorch.spec import FunctionPath, Strict

_CHANGES = ("shift", "flip", "noise", "target", "mixup")


def _class_name(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        raise ValueError(f'names of classes are text; put it in quotes: "{value}"')  # noqa: TRY004  pydantic's border
    return value


class Augment(Strict):
    """Versions of the training rows, made once from the study's seed and used in turn, one in each epoch.

    The teacher answers each row in each version once, so that it and the student see the same; and the same
    for all seeds of the confirmation. Changes are made in the order of the fields, to prepared inputs. The
    first version is the rows as they are; validation and test rows are never changed.

    Attributes:
        views: Versions, with the first one.
        shift: Most pixels that an image is moved by, up or down and left or right; its border is repeated.
        flip: Mirror half of the images, left to right.
        noise: Standard deviation of normal noise that is added.
        target: ``package.module:function``, your own ``function(inputs, generator)``, which returns the
            changed inputs and draws every random number from the generator; modules beside the study file can
            be imported.
        mixup: Mix each row with another one by a share from the Beta distribution with this parameter twice
            (Zhang et al., ICLR 2018, arXiv:1710.09412); its own share is at least one half. Rows without a
            label are mixed with their like.
    """

    views: Annotated[int, Field(ge=1)] = 1
    shift: Annotated[int, Field(ge=0)] = 0
    flip: bool = False
    noise: Annotated[float, Field(ge=0)] = 0.0
    target: FunctionPath | None = None
    mixup: Annotated[float, Field(gt=0)] | None = None

    @property
    def changes(self) -> list[str]:
        """The fields that change something."""
        return [field for field in _CHANGES if getattr(self, field)]

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        named = " and ".join(self.changes)
        if named and self.views == 1:
            raise ValueError(
                f"views: 1 is the rows as they are, so {named} would change nothing; write views: 4, say"
            )
        if self.views > 1 and not named:
            choices = ", ".join(_CHANGES[:-1])
            raise ValueError(f"all {self.views} views would be the same; add {choices} or {_CHANGES[-1]}")
        return self


class Transfer(Strict):
    """Which training rows and labels the student is shown. A teacher that is trained here sees all of them.

    Attributes:
        rows: Rows that are shown, of each class its share.
        labels: Labels that are kept, of each class its share; the student learns from the other rows what
            the teacher says of them.
        omit: Classes whose training rows are not shown to the student at all.
    """

    rows: Annotated[int, Field(ge=2)] | None = None
    labels: Annotated[int, Field(ge=1)] | None = None
    omit: tuple[Annotated[str, BeforeValidator(_class_name)], ...] = ()
