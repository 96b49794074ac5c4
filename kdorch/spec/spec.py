"""The base of every plugin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from hashlib import file_digest
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import (
    ModelWrapValidatorHandler,
    SerializationInfo,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import to_jsonable_python

from kdorch.errors import PluginError, shown
from kdorch.spec.ranges import Choice, Range
from kdorch.spec.strict import Strict, refusal

_NO_FILES = {"files": False}  # context of a serialisation
# Not for fields: words of a study, and our own methods.
_TAKEN = {"any", "kind", "name", "needs", "provides", "reference", "tasks", "use"}
_TAKEN |= {"complaints", "demands", "fingerprint", "import_paths", "misfits", "named_files", "nested_parts"}
_TAKEN |= {"offers", "store_key"}


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
        for fact in ("needs", "provides", "tasks"):
            if not isinstance(getattr(cls, fact), frozenset):
                raise TypeError(f"{cls.__name__}: {fact} stands behind the base, as in (..., {fact}={{...}})")

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
                raise refusal("no_use", cls._advice(value, info))
            return handler(value)
        fields = {key: field for key, field in value.items() if key != "use"}
        if anything:
            return cls._find(value["use"], info).model_validate(fields, context=info.context)
        if value["use"] != cls.name:
            raise refusal("no_use", f"only the {cls.kind} {cls.name!r} fits here, not {value['use']!r}")
        return handler(fields)

    @classmethod
    def _advice(cls, value: Any, info: ValidationInfo) -> str:
        kind = cls.kind or "plugin"
        if isinstance(value, Spec):
            return f"the {value.kind} {value.name!r} stands where a {kind} should"
        names = (info.context or {}).get("names", lambda _: ())(kind)
        known = f". Known: {', '.join(names)}" if names else ""
        if isinstance(value, str):
            return f"write {{use: {value}}} to say which {kind}" + ("" if value in names else known)
        if isinstance(value, Mapping) and (near := get_close_matches("use", map(str, value), n=1)):
            return f"write use: NAME to say which {kind}. Did you mean use: in place of {near[0]}:?"
        several = ", or {any: [...]} to choose among several" if isinstance(value, list) else ""
        return f"write {{use: NAME, ...}} to say which {kind}{several}{known}"

    @classmethod
    def _find(cls, name: Any, info: ValidationInfo) -> type[Self]:
        if not isinstance(name, str):
            several = "; write {any: [...]} to choose among several" if isinstance(name, list) else ""
            raise refusal("no_use", f"use: takes the name of a {cls.kind}, not {shown(name)}{several}")
        find = (info.context or {}).get("find")
        if find is None:
            text = f"{{use: {name}}} is looked up inside a study only; here, pass the {cls.kind} itself"
            raise refusal("no_use", text)
        try:
            return find(cls.kind, name)  # type: ignore[no-any-return]
        except PluginError as error:
            raise refusal("unknown_plugin", str(error)) from None

    @field_validator("*")
    @classmethod
    def _anchored(cls, value: Any, info: ValidationInfo) -> Any:
        """Take a path from where the study's file lies, so that it leads to one place from any directory."""
        folder = (info.context or {}).get("folder")
        return folder / value if folder and isinstance(value, Path) else value

    def nested_parts(self) -> Iterator[tuple[str, Spec]]:
        """Yield this spec and those in its fields, each with its dotted path from here."""
        yield "", self
        for path, part in _parts(self._values()):
            yield from ((f"{path}.{below}".rstrip("."), spec) for below, spec in part.nested_parts())

    def named_files(self) -> dict[str, Path]:
        """Return the fields that name a file which is there."""
        return {field: at for field, at in self._values().items() if isinstance(at, Path) and at.is_file()}

    def fingerprint(self) -> str:
        """Return a digest of what decides the result but is not in the fields: the content of `named_files`.

        Empty where there is nothing of the kind. Parts that are fields are included.
        """
        parts = (part.fingerprint() for _, part in _parts(self._values()))
        return "".join((*map(_content, self.named_files().values()), *parts))

    def complaints(self) -> Mapping[str, str]:
        """Return what would stop it from being built here, in sentences by field; empty if nothing does.

        The field is "" where it is none of them in particular.

        Asked whenever a study is checked, so it must not take long or import torch.
        """
        return {}

    def offers(self) -> frozenset[str]:
        """Return what a network provides beyond its logits as it is set here: ``provides`` by default."""
        return self.provides

    def import_paths(self) -> Iterable[str]:
        """Return, as ``package.module:Class``, the code that fields name: it is found before it is needed.

        Trials are compared by that code, too. The plugin's own needs no mention.
        """
        return ()

    def store_key(self) -> dict[str, Any]:
        """Return what decides the result wherever files lie: the fields, a fingerprint in place of paths."""
        return {"fields": self.model_dump(context=_NO_FILES), "fingerprint": self.fingerprint()}

    def __hash__(self) -> int:
        return hash((type(self), self.model_dump_json()))  # fields may hold mappings, which have no hash

    def _values(self) -> dict[str, Any]:
        return {field: getattr(self, field) for field in type(self).model_fields}

    @model_serializer
    def _as_part(self, info: SerializationInfo) -> dict[str, Any]:
        """Serialise as a study writes it, whatever type the field that holds it declares."""
        hidden = self.named_files() if info.context == _NO_FILES else {}
        fields = {field: value for field, value in self._written() if field not in hidden}
        return {"use": self.name, **to_jsonable_python(fields, context=info.context)}

    def _written(self) -> Iterator[tuple[str, Any]]:
        """Yield the fields with their values, without those that are open and are so by default."""
        for field, value in self._values().items():
            if value is not None or type(self).model_fields[field].default is not None:
                yield field, value


def _parts(value: Any, path: str = "") -> Iterator[tuple[str, Spec]]:
    """Yield the specs that fields hold, in mappings and lists too, with their dotted paths."""
    if isinstance(value, Spec):
        yield path, value
    elif isinstance(value, Mapping | list | tuple):
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        yield from (found for key, item in items for found in _parts(item, f"{path}.{key}".lstrip(".")))


def _content(file: Path) -> str:
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()
