"""A plugin is a frozen, validated description of something to build.

Specs hold plain values only, so they are cheap, comparable, loggable, and written in YAML as
``{use: name, field: value}``. Torch objects exist only once ``build`` is called, inside a trial.
"""

from kdorch.spec.asking import answer
from kdorch.spec.explaining import description, explained
from kdorch.spec.ranges import Choice, Range
from kdorch.spec.spec import Spec
from kdorch.spec.strict import Strict, written
from kdorch.spec.targets import ClassPath, FunctionPath

__all__ = [
    "Choice",
    "ClassPath",
    "FunctionPath",
    "Range",
    "Spec",
    "Strict",
    "answer",
    "description",
    "explained",
    "written",
]
