"""What other people's code raises, told in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kdorch.errors import KdorchError, PluginError, PromotionError, StudyError, reason
from kdorch.tracking.address import masked


@contextmanager
def explained(what: str, advice: str = "", uri: str = "") -> Iterator[None]:
    """Turn any error into a PromotionError, but those that already say what is to be done.

    Args:
        what: What fails, as the beginning of a sentence.
        advice: What to do about it.
        uri: Of what is asked: its secrets are kept out of the error.
    """
    try:
        yield
    except (PluginError, PromotionError, StudyError):
        raise
    except Exception as error:
        why = str(error) if isinstance(error, KdorchError) else reason(error)
        told = f"{what}: {why.rstrip('.')}. {advice}".rstrip()
        if uri:
            raise PromotionError(masked(told, uri)) from None  # the cause may hold a password
        raise PromotionError(told) from error
