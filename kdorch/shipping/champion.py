"""The version that an alias points at: who it is, and how another one takes its place.

MLflow moves an alias to wherever it is told, and has no way to do so only if nobody else has moved it in the
meantime. Two promotions that never hear of each other are told apart by their versions: MLflow gives each
number once. A promotion writes the alias that it is after on its version when it registers it (`TURN`), and
takes that off when it is through. Whoever is about to move the alias gives way to an earlier version with the
same mark, and otherwise makes sure that the alias has not moved since it was compared with.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from kdorch.errors import PromotionError

TURN = "kdorch.underway"
_LONGEST = 10 * 60 * 1000  # milliseconds from registration to the end, which takes one: later, it was killed


@dataclass(frozen=True)
class Succession:
    """Whose place a student takes, and why it may.

    Attributes:
        previous: The version that has the alias; None if none has.
        told: How the two compare, as the rest of a sentence; empty if nobody compared them.
        forced: The reason for which it takes the place whatever the comparison says; empty if it beats it.
    """

    previous: int | None = None
    told: str = ""
    forced: str = ""

    def tags(self, alias: str) -> dict[str, str]:
        """Return what stands of it on the new version."""
        tags = {TURN: alias, "kdorch.comparison": self.told, "kdorch.forced": self.forced}
        if self.previous is not None:
            tags[previous_tag(alias)] = str(self.previous)
        return {key: value for key, value in tags.items() if value}


def previous_tag(alias: str) -> str:
    """Return the tag of a version that says which one had the alias before it."""
    return f"kdorch.previous.{alias}"


def rolled_back_tag(alias: str) -> str:
    """Return the tag of a version that says when the alias was taken from it again."""
    return f"kdorch.rolled_back.{alias}"


def champion(client: MlflowClient, model: str, alias: str) -> ModelVersion | None:
    """Return the version that an alias points at, if there are both."""
    try:
        version = client.get_registered_model(model).aliases.get(alias)
    except MlflowException as error:
        if not is_missing(error):
            raise
        return None
    return None if version is None else client.get_model_version(model, str(version))


def is_missing(error: MlflowException) -> bool:
    """Whether MLflow says that what it was asked for is not there."""
    return bool(error.error_code == "RESOURCE_DOES_NOT_EXIST")


def take(client: MlflowClient, alias: str, model: str, version: int, compared: int | None) -> None:
    """Point an alias at a version, unless another promotion comes before it.

    Args:
        client: Of the registry.
        alias: The alias.
        model: The registered model.
        version: With `TURN` among its tags.
        compared: Which version had the alias when the two were compared; None if none had.

    Raises:
        PromotionError: If another promotion came first.
    """
    now = client.get_model_version(model, str(version)).creation_timestamp  # by the clock that dates them all
    earlier = [each for each in underway(client, model, alias, now) if int(each.version) < version]
    if earlier:
        raise PromotionError(
            f"version {earlier[0].version} is on its way to {alias!r}, too, and came first. Run the command "
            "again once it is there: it has to be compared with."
        )
    expect(client, model, alias, compared)
    client.set_registered_model_alias(model, alias, str(version))


def underway(client: MlflowClient, model: str, alias: str, now: float) -> list[ModelVersion]:
    """Return the versions that are on their way to an alias, but for those that were killed on it.

    Args:
        client: Of the registry.
        model: The registered model.
        alias: The alias.
        now: Milliseconds since 1970.
    """
    versions = client.search_model_versions(f"name = '{model}'")
    waiting = [version for version in versions if version.tags.get(TURN) == alias]
    return [version for version in waiting if now - version.creation_timestamp < _LONGEST]


def expect(client: MlflowClient, model: str, alias: str, version: int | None) -> None:
    """Make sure that an alias points where it did.

    Raises:
        PromotionError: If somebody has moved it.
    """
    now = champion(client, model, alias)
    if (None if now is None else int(now.version)) != version:
        found = f"version {now.version} has {alias!r} now" if now else f"no version has {alias!r} any more"
        raise PromotionError(f"{found}: somebody was quicker. Look at it, and run the command again.")
