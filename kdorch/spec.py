"""A plugin is a frozen, validated description of something to build.

Specs hold plain values only, so they are cheap, comparable, loggable, and written in YAML as
``{use: name, field: value}``. Torch objects exist only once ``build`` is called, inside a trial.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationInfo
from pydantic import model_serializer, model_validator
from pydantic_core import PydanticCustomError, to_jsonable_python

from kdorch.errors import PluginError

Number = int | float


@dataclass(frozen=True)
class Range:
    """Where to search a number: ``low`` to ``high``, both included.

    Attributes:
        log: Search the logarithm; for scales such as learning rates and temperatures.
        step: Distance between values; integers step by 1 by default.
    """

    low: Number
    high: Number
    log: bool = False
    step: Number | None = None

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError(f"low ({self.low}) is above high ({self.high})")
        if self.log and self.low <= 0:
            raise ValueError(f"a logarithmic range needs low above 0, not {self.low}")
        if self.log and self.step is not None:
            raise ValueError("a range is either logarithmic or has a step, not both")
        if self.step is not None and self.step <= 0:
            raise ValueError(f"step must be above 0, not {self.step}")


@dataclass(frozen=True, init=False)
class Choice:
    """Values to choose from when they have no order: ``Choice("relu", "gelu")``."""

    options: tuple[Any, ...]

    def __init__(self, *options: Any) -> None:
        if not options:
            raise ValueError("a choice needs at least one option")
        object.__setattr__(self, "options", options)





class Spec(BaseModel):
    """Base of every plugin.

    Subclass a kind and give the class its facts::

        class Mlp(kdorch.Student, name="mlp", tasks={"classification"}): ...

    Class keywords:
        name: How a study names it after ``use:``.
        needs: What a loss needs from both networks, for example ``{"features"}``.
        provides: What a network provides beyond its logits.
        tasks: Names of the tasks it works with; empty means every task.
        reference: Paper or documentation it implements.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ClassVar[str] = ""
    name: ClassVar[str] = ""
    needs: ClassVar[frozenset[str]] = frozenset()
    provides: ClassVar[frozenset[str]] = frozenset()
    tasks: ClassVar[frozenset[str]] = frozenset()
    reference: ClassVar[str] = ""

    def __init_subclass__(
        cls,
        *,
        name: str = "",
        needs: Iterable[str] = (),
        provides: Iterable[str] = (),
        tasks: Iterable[str] = (),
        reference: str = "",
    ) -> None:
        super().__init_subclass__()
        cls.name, cls.reference = name, reference
        cls.needs, cls.provides, cls.tasks = frozenset(needs), frozenset(provides), frozenset(tasks)

    @classmethod
    def search_space(cls) -> dict[str, Range | Choice]:
        """Return the search range of each field that declares one, used for ``auto``."""
        marks = ((field, mark) for field, info in cls.model_fields.items() for mark in info.metadata)
        return {field: mark for field, mark in marks if isinstance(mark, Range | Choice)}

    @model_validator(mode="wrap")
    @classmethod
    def _from_part(cls, value: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        """Accept ``{use: name, ...}`` wherever a spec is expected."""
        if not isinstance(value, Mapping):
            return handler(value)
        if "use" not in value:
            if "kind" in cls.__dict__:
                raise PydanticCustomError("no_use", "write {{use: NAME, ...}} to say which {kind}", {"kind": cls.kind})
            return handler(value)
        fields = {key: field for key, field in value.items() if key != "use"}
        if "kind" not in cls.__dict__:
            return handler(fields)
        try:
            found = (info.context or {})["find"](cls.kind, value["use"])
        except PluginError as error:
            raise PydanticCustomError("unknown_plugin", "{reason}", {"reason": str(error)}) from None
        return found.model_validate(fields, context=info.context)  # type: ignore[no-any-return]

    @model_serializer
    def _as_part(self) -> dict[str, Any]:
        """Serialise as a study writes it, whatever type the field that holds it declares."""
        fields = {field: getattr(self, field) for field in type(self).model_fields}
        return {"use": self.name, **to_jsonable_python(fields)}
