"""A plugin is a frozen, validated description of something to build.

Specs hold plain values only, so they are cheap, comparable, loggable, and written in YAML as
``{use: name, field: value}``. Torch objects exist only once ``build`` is called, inside a trial.
"""

from kdorch.spec.ranges import Choice, Range
from kdorch.spec.spec import Spec
from kdorch.spec.strict import Strict, written

__all__ = ["Choice", "Range", "Spec", "Strict", "written"]
