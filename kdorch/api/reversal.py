"""Put an alias of a registered model back to where it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kdorch.errors import PromotionError
from kdorch.search import HOME
from kdorch.search.home import Home

if TYPE_CHECKING:
    from kdorch.shipping.rollback import RolledBack


def rollback(model: str, *, alias: str = "champion", home: str | Path = HOME) -> RolledBack:
    """Point an alias of a registered model at the version that had it before.

    The version that loses it stays, and says when that was; another call goes one further back. What a
    promotion as this model that was killed has left is taken back first.

    Args:
        model: Name of the registered model.
        alias: The alias.
        home: Project directory. The registry is its own, or that of ``MLFLOW_TRACKING_URI`` if set.

    Returns:
        Where the alias points, and where it did.

    Raises:
        TrackingError: If the registry cannot be reached.
        BusyError: If another process of this project is promoting as this model.
        PromotionError: If nothing says what to go back to, that is gone, or a promotion is underway.
    """
    from kdorch.api import tracking_uri
    from kdorch.search.logbook import place
    from kdorch.shipping.explaining import explained
    from kdorch.shipping.intent import claim
    from kdorch.shipping.names import check_alias, check_model_name
    from kdorch.shipping.rollback import roll_back
    from kdorch.shipping.underway import settle
    from kdorch.tracking.address import connect
    from kdorch.tracking.database import local_uri

    check_model_name(model)
    check_alias(alias)
    project = Home(Path(home))
    uri = tracking_uri(project.path)
    if uri is None and not (project.path / "mlflow.db").exists():
        raise PromotionError(f"nothing was registered in {project.path}: it has no mlflow.db.")
    where = uri or local_uri(project.path)
    client = connect(where)
    with (
        claim(project.promotions, place(uri), model) as note,
        explained(f"MLflow refused to take {alias!r} of model {model!r} back", uri=where),
    ):
        settle(note, client)
        return roll_back(client, model, alias)
