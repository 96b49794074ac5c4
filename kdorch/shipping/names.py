"""What a registered model and its alias may be called; checked before anything else is done."""

from __future__ import annotations

import re

from kdorch.errors import PromotionError

# Narrower than MLflow's own rule, which lets pass names that no `models:/` URI or search filter can hold.
_MODEL = re.compile(r"\w(?:[\w .-]*[\w-])?", re.ASCII)
_MODEL_LENGTH = 250
_ALIAS = re.compile(r"[\w-]+", re.ASCII)
_ALIAS_LENGTH = 230  # becomes the end of a tag's key, for which MLflow has 250
_RESERVED_ALIAS = re.compile(r"latest|v\d+", re.IGNORECASE)


def check_model_name(model: str) -> None:
    """Refuse a registered model's name that would fail later, or could not be loaded.

    Raises:
        PromotionError: The name is empty, too long, or has characters other than those allowed.
    """
    if not _MODEL.fullmatch(model) or len(model) > _MODEL_LENGTH:
        raise PromotionError(
            f"model name {model!r} cannot be used: it becomes part of a models:/ address, so it must be 1 to "
            f"{_MODEL_LENGTH} letters, digits, '_', '-', '.' or spaces, start with a letter, digit or '_', "
            "and not end in '.' or a space. Choose another name, for example 'digits-student'."
        )


def check_alias(alias: str) -> None:
    """Refuse an alias that MLflow would refuse after the model is registered.

    Raises:
        PromotionError: The alias is empty, too long, reserved, or has characters other than those allowed.
    """
    if _RESERVED_ALIAS.fullmatch(alias):
        raise PromotionError(
            f"alias {alias!r} is reserved: MLflow itself gives 'latest' and 'v1', 'v2', … a meaning. "
            "Choose another alias, for example 'champion'."
        )
    if not _ALIAS.fullmatch(alias) or len(alias) > _ALIAS_LENGTH:
        raise PromotionError(
            f"alias {alias!r} cannot be used: it must be 1 to {_ALIAS_LENGTH} letters, digits, '_' or '-'. "
            "Choose another alias, for example 'champion'."
        )
