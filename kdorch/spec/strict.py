"""Frozen fields, and refusals that say what may have been meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import NoneType
from typing import Any, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from kdorch.errors import did_you_mean, shown


class Strict(BaseModel):
    """Frozen fields; an unknown one is refused with the one that may be meant."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="wrap")
    @classmethod
    def _hint(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(value)
        except ValidationError as error:
            details = [_hinted(detail, written(cls)) for detail in error.errors()]
            raise ValidationError.from_exception_data(error.title, details) from None

    @field_validator("*", mode="before")
    @classmethod
    def _as_written(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse words and switches where a number belongs, and the reverse: pydantic would convert them."""
        annotation = cls.model_fields[str(info.field_name)].annotation
        kinds = {*(get_args(annotation) or (annotation,))} - {NoneType}
        if kinds == {bool} and isinstance(value, str | int) and not isinstance(value, bool):
            raise refusal("bool_type", "should be true or false")
        if kinds and kinds <= {int, float} and isinstance(value, str | bool):
            raise refusal("int_type" if kinds == {int} else "float_type", "should be a number")
        return value


def written(cls: type[BaseModel]) -> dict[str, str]:
    """Return the fields of a class by the names that a study writes."""
    return {info.alias or name: name for name, info in cls.model_fields.items()}


def _hinted(detail: Mapping[str, Any], fields: Iterable[str]) -> InitErrorDetails:
    kind, text, place = detail["type"], detail["msg"], detail["loc"]
    if kind == "extra_forbidden" and len(place) == 1:
        kind, text = "unknown_field", _unknown(str(place[0]), detail["input"], fields)
    return InitErrorDetails(type=refusal(kind, text, detail.get("ctx")), loc=place, input=detail["input"])


def _unknown(key: str, value: Any, fields: Iterable[str]) -> str:
    text = f"there is no {shown(key)} here."
    if key.isdigit() and value is None:  # {batch: 1,024} holds a second key
        return f"{text} Write numbers without commas."
    return f"{text} {did_you_mean(key, fields) or 'It takes no fields.'}"


def refusal(kind: str, text: str, context: Mapping[str, Any] | None = None) -> PydanticCustomError:
    """Return the error that a validator raises to refuse a value."""
    # As a value, because braces in a template would be taken for placeholders.
    return PydanticCustomError(kind, "{text}", {**(context or {}), "text": text})
