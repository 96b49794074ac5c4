"""A plugin is a frozen, validated description of something to build.

Specs hold plain values only, so they are cheap, comparable, loggable, and written in YAML as
``{use: name, field: value}``. Torch objects exist only once ``build`` is called, inside a trial.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidationInfo,
    model_serializer,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError, to_jsonable_python

from kdorch.errors import PluginError, did_you_mean

Number = int | float
_TAKEN = {"any", "kind", "name", "needs", "provides", "reference", "tasks", "use"}  # not for fields


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
        for end in ("low", "high", *(() if self.step is None else ("step",))):
            value = getattr(self, end)
            if isinstance(value, bool) or not isinstance(value, Number) or not math.isfinite(value):
                raise ValueError(f"{end} must be a number, not {value!r}")
        if not isinstance(self.log, bool):
            raise ValueError(f"log must be true or false, not {self.log!r}")  # noqa: TRY004  pydantic's border
        if self.low > self.high:
            raise ValueError(f"low ({self.low}) is above high ({self.high})")
        if self.log and self.low <= 0:
            raise ValueError(f"a logarithmic range needs low above 0, not {self.low}")
        if self.step is not None:
            self._check_step(self.step)

    def _check_step(self, step: Number) -> None:
        if self.log:
            raise ValueError("a range is either logarithmic or has a step, not both")
        if step <= 0:
            raise ValueError(f"step must be above 0, not {step}")
        low, high = Decimal(str(self.low)), Decimal(str(self.high))
        rest = (high - low) % Decimal(str(step))  # in decimals, as it was written: 0.3 is three times 0.1
        if rest:
            raise ValueError(f"steps of {step} from {low} do not reach high ({high}), but {high - rest}")


@dataclass(frozen=True, init=False)
class Choice:
    """Values to choose from when they have no order: ``Choice("relu", "gelu")``."""

    options: tuple[Any, ...]

    def __init__(self, *options: Any) -> None:
        if not options:
            raise ValueError("a choice needs at least one option")
        object.__setattr__(self, "options", options)


class Strict(BaseModel):
    """Frozen fields; an unknown one is refused with the one that may be meant."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="wrap")
    @classmethod
    def _hint(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(value)
        except ValidationError as error:
            details = [_hinted(detail, cls.model_fields) for detail in error.errors()]
            raise ValidationError.from_exception_data(error.title, details) from None


def _hinted(detail: Mapping[str, Any], fields: Iterable[str]) -> InitErrorDetails:
    kind, text, place = detail["type"], detail["msg"], detail["loc"]
    if kind == "extra_forbidden" and len(place) == 1:
        kind = "unknown_field"
        text = f"there is no {place[0]!r} here. {did_you_mean(str(place[0]), fields)}".strip()
    return InitErrorDetails(type=_refusal(kind, text, detail.get("ctx")), loc=place, input=detail["input"])


def _refusal(kind: str, text: str, context: Mapping[str, Any] | None = None) -> PydanticCustomError:
    # As a value, because braces in a template would be taken for placeholders.
    return PydanticCustomError(kind, "{text}", {**(context or {}), "text": text})


class Spec(Strict):
    """Base of every plugin.

    Subclass a kind and give the class its facts::

        class Mlp(kdorch.Student, name="mlp", tasks={"classification"}): ...

    Class keywords; all but ``name`` and ``reference`` are inherited:
        name: How a study names it after ``use:``.
        needs: What a loss needs from both networks, for example ``{"features"}``.
        provides: What a network provides beyond its logits.
        tasks: Names of the tasks it works with; empty means every task.
        reference: Paper or documentation it implements.
    """

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
        needs: Iterable[str] | None = None,
        provides: Iterable[str] | None = None,
        tasks: Iterable[str] | None = None,
        reference: str = "",
    ) -> None:
        super().__init_subclass__()
        cls.name, cls.reference = name, reference
        for fact, words in (("needs", needs), ("provides", provides), ("tasks", tasks)):
            if isinstance(words, str):
                raise TypeError(f"{cls.__name__}: write {fact}={{{words!r}}}, a set of names, not a string")
            if words is not None:
                setattr(cls, fact, frozenset(words))

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        taken = sorted(_TAKEN & cls.model_fields.keys())
        if taken:
            raise TypeError(f"{cls.__name__}: a field cannot be called {' or '.join(taken)}")

    @classmethod
    def search_space(cls) -> dict[str, Range | Choice]:
        """Return the search range of each field that declares one, used for ``auto``."""
        marks = ((field, mark) for field, info in cls.model_fields.items() for mark in info.metadata)
        return {field: mark for field, mark in marks if isinstance(mark, Range | Choice)}

    @model_validator(mode="wrap")
    @classmethod
    def _from_part(cls, value: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        """Accept ``{use: name, ...}`` wherever a spec is expected."""
        anything = "kind" in cls.__dict__  # Student itself, not one student
        if not isinstance(value, Mapping) or "use" not in value:
            if anything and not isinstance(value, cls):
                raise _refusal("no_use", cls._advice(value))
            return handler(value)
        fields = {key: field for key, field in value.items() if key != "use"}
        if anything:
            return cls._find(value["use"], info).model_validate(fields, context=info.context)
        if value["use"] != cls.name:
            raise _refusal("no_use", f"only the {cls.kind} {cls.name!r} fits here, not {value['use']!r}")
        return handler(fields)

    @classmethod
    def _advice(cls, value: Any) -> str:
        if isinstance(value, Spec):
            return f"the {value.kind} {value.name!r} stands where a {cls.kind} should"
        name = value if isinstance(value, str) else "NAME"
        return f"write {{use: {name}, ...}} to say which {cls.kind or 'plugin'}"

    @classmethod
    def _find(cls, name: Any, info: ValidationInfo) -> type[Self]:
        if not isinstance(name, str):
            raise _refusal("no_use", f"use: takes the name of a {cls.kind}, not {name!r}")
        find = (info.context or {}).get("find")
        if find is None:
            text = f"{{use: {name}}} is looked up inside a study only; here, pass the {cls.kind} itself"
            raise _refusal("no_use", text)
        try:
            return find(cls.kind, name)  # type: ignore[no-any-return]
        except PluginError as error:
            raise _refusal("unknown_plugin", str(error)) from None

    def fingerprint(self) -> str:
        """Return a digest of what decides the result but is not in the fields: a file, the code of a module.

        Empty where there is nothing of the kind. Parts that are fields are included.
        """
        parts = (getattr(self, field) for field in type(self).model_fields)
        return "".join(part.fingerprint() for part in parts if isinstance(part, Spec))

    @model_serializer
    def _as_part(self) -> dict[str, Any]:
        """Serialise as a study writes it, whatever type the field that holds it declares."""
        fields = {field: getattr(self, field) for field in type(self).model_fields}
        return {"use": self.name, **to_jsonable_python(fields)}
