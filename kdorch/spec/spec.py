"""The base of every plugin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

from pydantic import ModelWrapValidatorHandler, ValidationInfo, model_serializer, model_validator
from pydantic_core import to_jsonable_python

from kdorch.errors import PluginError
from kdorch.spec.ranges import Choice, Range
from kdorch.spec.strict import Strict, refusal

_TAKEN = {"any", "kind", "name", "needs", "provides", "reference", "tasks", "use"}  # not for fields


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
                raise refusal("no_use", cls._advice(value))
            return handler(value)
        fields = {key: field for key, field in value.items() if key != "use"}
        if anything:
            return cls._find(value["use"], info).model_validate(fields, context=info.context)
        if value["use"] != cls.name:
            raise refusal("no_use", f"only the {cls.kind} {cls.name!r} fits here, not {value['use']!r}")
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
            raise refusal("no_use", f"use: takes the name of a {cls.kind}, not {name!r}")
        find = (info.context or {}).get("find")
        if find is None:
            text = f"{{use: {name}}} is looked up inside a study only; here, pass the {cls.kind} itself"
            raise refusal("no_use", text)
        try:
            return find(cls.kind, name)  # type: ignore[no-any-return]
        except PluginError as error:
            raise refusal("unknown_plugin", str(error)) from None

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
