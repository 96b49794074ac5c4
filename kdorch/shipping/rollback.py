"""Back to the version that had an alias before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from time import time

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from kdorch.errors import PromotionError
from kdorch.shipping.champion import champion, expect, is_missing, previous_tag, rolled_back_tag, underway


@dataclass(frozen=True)
class RolledBack:
    """An alias that points again where it did.

    Attributes:
        name: The registered model.
        alias: The alias.
        version: Where it points now.
        instead_of: Where it had pointed.
    """

    name: str
    alias: str
    version: int
    instead_of: int


def roll_back(client: MlflowClient, model: str, alias: str) -> RolledBack:
    """Point an alias at the version that had it before the one that has it.

    That version stays, with a tag that says when it lost the alias. Another call goes one further back.

    Raises:
        PromotionError: If nothing has the alias, nothing had it before, that version is gone, or a promotion
            is underway.
    """
    now = champion(client, model, alias)
    if now is None:
        raise PromotionError(
            f"no version of {model!r} has the alias {alias!r}, so there is nothing to take back."
        )
    before = now.tags.get(previous_tag(alias))
    if before is None:
        raise PromotionError(
            f"version {now.version} of {model!r} came to {alias!r} without one before it, or by another "
            "hand: nothing says what to go back to."
        )
    _make_sure_of(client, model, before)
    version = int(now.version)
    later = [each for each in underway(client, model, alias, time() * 1000) if int(each.version) > version]
    if later:
        raise PromotionError(
            f"version {later[0].version} of {model!r} is on its way to {alias!r}. Wait for it, ten minutes "
            "at most: after that, it was killed."
        )
    # First, as what is killed between the two is then done again, and goes no further back.
    when = datetime.now(UTC).isoformat(timespec="seconds")
    client.set_model_version_tag(model, str(version), rolled_back_tag(alias), when)
    expect(client, model, alias, version)
    client.set_registered_model_alias(model, alias, before)
    return RolledBack(model, alias, int(before), version)


def _make_sure_of(client: MlflowClient, model: str, version: str) -> None:
    try:
        client.get_model_version(model, version)
    except MlflowException as error:
        if not is_missing(error):
            raise
        left = sorted(int(each.version) for each in client.search_model_versions(f"name = '{model}'"))
        raise PromotionError(
            f"version {version} of {model!r}, which had the alias before, was deleted. Left are "
            f"{', '.join(map(str, left))}. Point the alias at one of them on MLflow's page of the model."
        ) from None
