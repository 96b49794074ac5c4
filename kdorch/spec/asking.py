"""What parts answer, whoever wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kdorch.errors import PluginError, reason, shown

if TYPE_CHECKING:
    from kdorch.spec.spec import Spec


def answer(part: Spec, question: str, form: type[Any], *details: Any) -> Any:
    """Return what a method of a part answers.

    Args:
        part: Whom to ask.
        question: The method.
        form: What the answer has to be.
        details: What the method takes.

    Raises:
        PluginError: If it fails, or answers with something else.
    """
    who = f"{question} of the {part.kind} {part.name!r}"
    try:
        told = getattr(part, question)(*details)
    except Exception as error:
        raise PluginError(f"{who} fails: {reason(error)}.") from error
    if not isinstance(told, form):
        raise PluginError(f"{who} returns {shown(told)}, where a value of type {form.__name__} is wanted.")
    return told
