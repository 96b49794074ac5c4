"""What a class says of its fields, and of those that it inherits."""

from kdorch.spec import Strict
from kdorch.spec.explaining import description


class Parent(Strict):
    """One with two fields.

    Attributes:
        width: Units of each layer.
        depth: Layers.
    """

    width: int = 1
    depth: int = 1


class Child(Parent):
    """One that has something of its own to say of the width.

    Attributes:
        width: Units of the only layer.
    """


def test_a_field_is_explained_once_by_the_nearest_who_does() -> None:
    said = description(Child)
    assert said.count("width:") == 1
    assert "Units of the only layer." in said
    assert said.count("    depth: Layers.") == 1
