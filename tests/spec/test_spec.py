"""Specs: frozen, checked, written as ``{use: name, ...}``, and whole again after every journey."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel, Field, SerializeAsAny, ValidationError

import kdorch
from kdorch.errors import PluginError


class Narrow(kdorch.Student, name="narrow", provides={"features"}, tasks={"classification"}):
    width: Annotated[int, Field(ge=1), kdorch.Range(4, 64, step=4)] = 8
    activation: Annotated[str, kdorch.Choice("relu", "gelu")] = "relu"


class Wrapped(kdorch.Student, name="wrapped"):
    inner: kdorch.Student
    others: dict[str, kdorch.Student] = Field(default_factory=dict)
    shape: tuple[int, ...] = (1, 8)


class Schooled(kdorch.Teacher, name="schooled"):
    network: SerializeAsAny[kdorch.Student]


FAMILY = {"narrow": Narrow, "wrapped": Wrapped, "schooled": Schooled}


def find(kind: str, name: str) -> type[kdorch.Spec]:
    if name not in FAMILY:
        raise PluginError(f"No {kind} is called {name!r}.")
    return FAMILY[name]


def schooled(network: object) -> Schooled:
    return Schooled.model_validate({"network": network}, context={"find": find})


def complaint(error: pytest.ExceptionInfo[ValidationError]) -> list[tuple[str, str]]:
    return [(".".join(map(str, detail["loc"])), detail["msg"]) for detail in error.value.errors()]


class Loose(kdorch.Student, name="loose"):
    limit: float | None = None
    scale: float | None = 1.0


def test_what_is_left_open_by_default_is_not_written() -> None:
    """It would stand in the parameters of every run; but a field that is closed by default says it is open."""
    assert Loose().model_dump() == {"use": "loose", "scale": 1.0}
    assert Loose(limit=2.0, scale=None).model_dump() == {"use": "loose", "limit": 2.0, "scale": None}
    for given in (Loose(), Loose(limit=2.0, scale=None)):
        assert Loose.model_validate(given.model_dump(mode="json")) == given


# ---------------------------------------------------------------- parts inside parts


def test_parts_are_resolved_however_deep_they_lie() -> None:
    deep = {"use": "wrapped", "inner": {"use": "narrow", "width": 3}, "others": {"a": {"use": "narrow"}}}
    assert schooled(deep).network == Wrapped(inner=Narrow(width=3), others={"a": Narrow()})


def test_objects_and_trees_mix() -> None:
    assert schooled({"use": "wrapped", "inner": Narrow(width=3)}).network == Wrapped(inner=Narrow(width=3))


def test_a_concrete_class_takes_its_own_tree_only() -> None:
    assert Narrow.model_validate({"use": "narrow", "width": 3}) == Narrow(width=3)
    with pytest.raises(ValidationError) as error:
        Narrow.model_validate({"use": "wrapped", "width": 3})
    assert complaint(error) == [("", "only the student 'narrow' fits here, not 'wrapped'")]


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        ("narrow", "write {use: narrow} to say which student"),
        ({"width": 3}, "write {use: NAME, ...} to say which student"),
        (None, "write {use: NAME, ...} to say which student"),
        ({"use": 3}, "use: takes the name of a student, not 3"),
        ({"use": None}, "use: takes the name of a student, not nothing"),
        ({"use": "nobody"}, "No student is called 'nobody'."),
        (Schooled(network=Narrow()), "the teacher 'schooled' stands where a student should"),
    ],
)
def test_what_is_no_part_is_refused_with_advice(network: object, expected: str) -> None:
    with pytest.raises(ValidationError) as error:
        schooled(network)
    assert complaint(error) == [("network", expected)]


def test_names_outside_a_study_are_explained() -> None:
    with pytest.raises(ValidationError, match=r"\{use: narrow\} is looked up inside a study only"):
        Schooled(network={"use": "narrow"})  # type: ignore[arg-type]


def test_all_mistakes_of_a_nested_part_are_named_at_their_place() -> None:
    with pytest.raises(ValidationError) as error:
        schooled({"use": "wrapped", "inner": {"use": "narrow", "widht": 3, "width": 0}, "shap": 1})
    assert sorted(complaint(error)) == [
        ("network.inner.widht", "there is no 'widht' here. Did you mean 'width'?"),
        ("network.inner.width", "Input should be greater than or equal to 1"),
        ("network.shap", "there is no 'shap' here. Did you mean 'shape'?"),
    ]


def test_hints_name_the_fields_of_the_right_class() -> None:
    class Inner(BaseModel, extra="forbid"):
        depth: int = 1

    class Outer(kdorch.Student, name="outer"):
        inner: Inner = Inner()

    with pytest.raises(ValidationError) as error:
        Outer(inner={"dept": 3})  # type: ignore[arg-type]
    assert complaint(error) == [("inner.dept", "Extra inputs are not permitted")]


# ---------------------------------------------------------------- journeys


def test_a_subclass_is_written_whole_whatever_the_field_declares() -> None:
    tree = Wrapped(inner=Narrow(width=3), others={"a": Narrow()}).model_dump(mode="json")
    assert tree == {
        "use": "wrapped",
        "inner": {"use": "narrow", "width": 3, "activation": "relu"},
        "others": {"a": {"use": "narrow", "width": 8, "activation": "relu"}},
        "shape": [1, 8],
    }


def test_a_tree_is_plain_in_python_too() -> None:
    spec = Wrapped(inner=Narrow())
    assert spec.model_dump() == spec.model_dump(mode="json")


def test_a_tree_survives_json() -> None:
    spec = Schooled(network=Wrapped(inner=Narrow(width=3)))
    tree = json.loads(json.dumps(spec.model_dump(mode="json")))
    assert Schooled.model_validate(tree, context={"find": find}) == spec


def test_a_spec_survives_pickle() -> None:
    spec = Schooled(network=Wrapped(inner=Narrow(width=3)))
    assert pickle.loads(pickle.dumps(spec)) == spec


def test_equal_specs_are_one_key() -> None:
    assert len({Narrow(), Narrow(width=8), Narrow(width=9)}) == 2


def test_a_spec_is_frozen() -> None:
    spec = Narrow()
    with pytest.raises(ValidationError, match="frozen"):
        spec.width = 9  # type: ignore[misc]
    assert spec.width == 8


def test_infinite_numbers_are_refused_as_json_has_none() -> None:
    class Sloped(kdorch.Student, name="sloped"):
        slope: float = 0.1

    with pytest.raises(ValidationError, match="finite"):
        Sloped(slope=float("inf"))


# ---------------------------------------------------------------- facts of a class


def test_facts_are_sets_and_inherited_but_the_name_is_not() -> None:
    class Narrower(Narrow, tasks={"regression"}):
        pass

    assert (Narrow.name, Narrow.provides, Narrow.tasks) == ("narrow", {"features"}, {"classification"})
    assert (Narrower.name, Narrower.provides, Narrower.tasks) == ("", {"features"}, {"regression"})


def test_a_string_is_not_taken_for_a_set_of_letters() -> None:
    with pytest.raises(TypeError, match=r"Wrong: write tasks=\{'classification'\}, a set of names"):

        class Wrong(kdorch.Student, name="wrong", tasks="classification"):
            pass


@pytest.mark.filterwarnings("ignore:Field name")
@pytest.mark.parametrize("field", ["use", "any", "name", "tasks"])
def test_fields_may_not_take_the_words_of_a_study(field: str) -> None:
    with pytest.raises(TypeError, match=f"Wrong: a field cannot be called {field}"):
        type("Wrong", (kdorch.Student,), {"__annotations__": {field: str}, "__module__": __name__})


def test_search_space_lists_what_fields_declare() -> None:
    assert Narrow.search_space() == {
        "width": kdorch.Range(4, 64, step=4),
        "activation": kdorch.Choice("relu", "gelu"),
    }
    assert Wrapped.search_space() == {}


# ---------------------------------------------------------------- files, and parts within parts


class Filed(kdorch.Student, name="filed"):
    weights: Path
    size: int = 1


class Team(kdorch.Teacher, name="team"):
    lead: kdorch.Student
    others: tuple[kdorch.Student, ...] = ()
    named: dict[str, kdorch.Student] = Field(default_factory=dict)


def test_parts_are_found_wherever_they_are_held() -> None:
    inner = Wrapped(inner=Narrow(width=1))
    team = Team(lead=inner, others=(Narrow(width=2),), named={"a": Narrow(width=3)})
    assert dict(team.nested_parts()) == {
        "": team,
        "lead": inner,
        "lead.inner": Narrow(width=1),
        "others.0": Narrow(width=2),
        "named.a": Narrow(width=3),
    }


def test_a_relative_path_starts_at_the_folder_of_the_study() -> None:
    context = {"folder": Path("/project")}
    paths = [Filed.model_validate({"weights": at}, context=context).weights for at in ("a/b", "/c", "../d")]
    assert paths == [Path("/project/a/b"), Path("/c"), Path("/project/../d")]
    assert Filed(weights=Path("a/b")).weights == Path("a/b")


def test_what_is_in_a_file_decides_and_not_where_it_lies(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one", "same", "other")]
    for file, content in zip(files, ("x", "x", "y"), strict=True):
        file.write_text(content)
    one, same, other = (Team(lead=Narrow(), others=(Filed(weights=file),)) for file in files)
    assert one.fingerprint() == same.fingerprint() != other.fingerprint()
    assert one.store_key() == same.store_key() != other.store_key()
    assert one.model_dump() != same.model_dump()
    assert json.dumps(one.store_key())
    larger = Team(lead=Narrow(), others=(Filed(weights=files[0], size=2),))
    assert larger.store_key() != one.store_key()


def test_what_is_no_file_is_told_apart_by_its_path(tmp_path: Path) -> None:
    folder, missing = Filed(weights=tmp_path), Filed(weights=tmp_path / "missing")
    assert folder.fingerprint() == missing.fingerprint() == ""
    assert folder.store_key() != missing.store_key()


# ---------------------------------------------------------------- values are taken as they are written


class Typed(kdorch.Student, name="typed"):
    count: int = 1
    share: float | None = None
    fast: bool = False
    either: int | str = 1


@pytest.mark.parametrize(
    "field", [{"count": 2}, {"count": 2.0}, {"share": 1}, {"share": None}, {"fast": True}]
)
def test_values_of_their_own_type_are_taken(field: dict[str, object]) -> None:
    [(name, value)] = field.items()
    assert getattr(Typed.model_validate(field), name) == value


@pytest.mark.parametrize(
    "field",
    [{"count": "2"}, {"count": True}, {"share": "0.5"}, {"share": False}, {"fast": "yes"}, {"fast": 1}],
)
def test_values_that_only_look_like_their_type_are_refused(field: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as error:
        Typed.model_validate(field)
    [(name, what)] = complaint(error)
    assert name in field
    assert what.startswith("should be")


def test_a_field_may_take_words_and_numbers() -> None:
    assert Typed(either="2").either == "2"
