"""What every plugin keeps, whatever its kind."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import ValidationError
from ruamel.yaml import YAML

from kdorch.discovery import Origin, installed
from kdorch.discovery.registry import Registry
from kdorch.errors import PluginError, did_you_mean, reason
from kdorch.kinds import KINDS
from kdorch.spec import Range, Spec
from kdorch.testing.lightness import loads_torch
from kdorch.testing.says import ContractError, expect, explained, skip


class Contract:
    """The checks that every kind of plugin shares; subclass the contract of a kind, not this one."""

    kind: ClassVar[str] = ""

    @property
    def spec(self) -> Spec:
        """The plugin that is checked: the attribute named after its kind."""
        found = getattr(self, self.kind, None)
        wanted = KINDS[self.kind]
        if not isinstance(found, wanted):
            shown = f"{type(self).__name__}.{self.kind}"
            raise ContractError(
                f"{shown} is {found!r}. Write {self.kind} = Mine(...), a kdorch.{wanted.__name__}."
            )
        return found

    @property
    def who(self) -> str:
        """The plugin, as messages call it."""
        return f"{self.kind} {self.spec.name!r}"

    def again(self, **fields: Any) -> Any:
        """Return the same plugin made anew, with some other fields."""
        return type(self.spec).model_validate({**dict(self.spec), **fields})

    def test_can_be_registered(self) -> None:
        """Its name is there, and of letters, digits, _ and -."""
        try:
            Registry(self.kind).add(Origin("this plugin", "0", "test"), type(self.spec))
        except PluginError as error:
            why = "a study finds it by its name, which also stands in paths and in MLflow."
            do = f'write class Mine(kdorch.{KINDS[self.kind].__name__}, name="mine").'
            raise ContractError(f"{error}\nWhy it matters: {why}\nWhat to do: {do}") from None

    def test_says_what_it_is(self) -> None:
        """Its class has a docstring of its own."""
        expect(
            (type(self.spec).__dict__.get("__doc__") or "").strip(),
            f"{self.who} has no docstring.",
            why="`kdorch plugins list` shows its first line, and `plugins show` all of it.",
            do="say in the first line what it is; of a loss, give the formula, and when not to use it.",
        )

    def test_tasks_are_known(self) -> None:
        """The tasks it is declared for exist."""
        known = installed().names("task")
        strange = sorted(self.spec.tasks - set(known))
        expect(
            not strange,
            f"{self.who} is declared for the task {strange[:1]}, which nobody offers.",
            why="a study's check refuses it for every other task, so it could never be used.",
            do=f"{did_you_mean(strange[0], known)} Leave tasks away if it suits all." if strange else "",
        )

    def test_survives_a_study_file(self) -> None:
        """Written as {use: ...} to YAML or JSON and read again, it is the same."""
        tree = self.spec.model_dump(mode="json")
        stream = io.StringIO()
        YAML(typ="safe").dump(tree, stream)
        for form, read in (
            ("YAML", YAML(typ="safe").load(stream.getvalue())),
            ("JSON", json.loads(json.dumps(tree))),
        ):
            with explained(f"{self.who} cannot be read from its own {form} {read}", **_WRITTEN):
                found = KINDS[self.kind].model_validate(read, context={"find": self._find})
            expect(found == self.spec, f"{self.who} comes back from {form} as {found!r}.", **_WRITTEN)

    def _find(self, kind: str, name: str) -> type[Spec]:
        ours = {(part.kind, part.name): type(part) for _, part in self.spec.nested_parts()}
        return ours.get((kind, name)) or installed().find(kind, name)

    def test_pickles(self) -> None:
        """It can be pickled and is the same afterwards."""
        why = "executors other than ours send specs to their workers so."
        do = "define the class at the top of its module, and keep no open file or lambda in it."
        with explained(f"{self.who} cannot be pickled", why=why, do=do):
            found = pickle.loads(pickle.dumps(self.spec))  # noqa: S301  made on this line
        expect(found == self.spec, f"{self.who} comes back from pickle as {found!r}.", why=why, do=do)

    def test_is_equal_to_one_made_alike(self) -> None:
        """Two made with the same fields are equal and have one hash."""
        why = "stored data, teachers and trials are found again by comparing what they were made from."
        do = "leave __eq__ and __hash__ to kdorch, and let fields be plain values: numbers, words, mappings."
        other = self.again()
        expect(other == self.spec, f"{self.who}: two with the same fields differ.", why=why, do=do)
        with explained(f"{self.who} has no hash", why=why, do=do):
            expect(hash(other) == hash(self.spec), f"{self.who}: equal, but other hashes.", why=why, do=do)

    def test_is_frozen(self) -> None:
        """Its fields cannot be set once it is made."""
        field = next(iter(type(self.spec).model_fields), None)
        if field is None:
            skip("it has no fields")
        other = self.again()
        try:
            setattr(other, field, getattr(other, field))
        except (ValidationError, AttributeError, TypeError):
            return
        expect(
            False,
            f"{self.who}: the field {field} of a made plugin can be set.",
            why="what a trial is told to have used must be what it used.",
            do="leave model_config alone; what is learnt belongs into what `build` returns.",
        )

    def test_defaults_are_allowed(self) -> None:
        """Each default value is one that its field accepts."""
        for field, info in type(self.spec).model_fields.items():
            if info.is_required():
                continue
            value = info.get_default(call_default_factory=True)
            self._takes(
                {field: value},
                f"the default of {field}",
                "choose another default, or let the field accept it.",
            )

    def test_ranges_are_allowed(self) -> None:
        """Both ends of each declared Range, and each option of a Choice, are values its field accepts."""
        for field, value in self.ends():
            what = f"{field}: {value!r}, an end of its range,"
            self._takes({field: value}, what, "mend the range, or the field's own limits.")

    def ends(self) -> Iterator[tuple[str, Any]]:
        """Yield each field that has a range, with either end of it; of a mapping, each value has it."""
        for field, mark in self.spec.search_space().items():
            present = getattr(self.spec, field)
            for end in (mark.low, mark.high) if isinstance(mark, Range) else mark.options:
                yield field, dict.fromkeys(present, end) if isinstance(present, Mapping) else end

    def _takes(self, fields: Mapping[str, Any], what: str, do: str) -> None:
        __tracebackhide__ = True
        try:
            self.again(**fields)
        except ValidationError as error:
            why = "`auto` searches the range; a trial would fail with a value that it proposes."
            raise ContractError(
                f"{self.who} refuses {what}: {reason(error)}\nWhy it matters: {why}\nWhat to do: {do}"
            ) from None

    def test_is_listed_without_torch(self) -> None:
        """The module of its entry point, which `kdorch --help` loads, does not import torch."""
        module = _entry_module(self.spec)
        if module is None:
            skip("it is not installed through an entry point")
        expect(
            not loads_torch(module),
            f"importing {module}, the entry point that offers {self.who}, imports torch.",
            why="every `kdorch` command loads all entry points; torch takes seconds.",
            do='import torch inside methods, or register lazily: register("name", "package.module:Class").',
        )


_WRITTEN = {
    "why": "studies, workers, Optuna and MLflow know a plugin by what is written of it.",
    "do": "let fields be numbers, words, lists and mappings, and validators accept what was written.",
}


def _entry_module(spec: Spec) -> str | None:
    """Return the module that discovery loads to find a plugin, if the plugin is installed."""
    from importlib.metadata import entry_points

    from kdorch.hookspecs import GROUP

    try:
        origin = installed().origin(spec.kind, spec.name)
        if installed().find(spec.kind, spec.name) is not type(spec):
            return None
    except PluginError:
        return None
    entries = (entry for entry in entry_points(group=GROUP) if entry.name == origin.entry_point)
    return next(
        (entry.module for entry in entries if entry.dist and entry.dist.name == origin.distribution), None
    )
