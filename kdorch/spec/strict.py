"""Frozen fields, and refusals that say what may have been meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from kdorch.errors import did_you_mean


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
    return InitErrorDetails(type=refusal(kind, text, detail.get("ctx")), loc=place, input=detail["input"])


def refusal(kind: str, text: str, context: Mapping[str, Any] | None = None) -> PydanticCustomError:
    """Return the error that a validator raises to refuse a value."""
    # As a value, because braces in a template would be taken for placeholders.
    return PydanticCustomError(kind, "{text}", {**(context or {}), "text": text})
