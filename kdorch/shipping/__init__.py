"""Shipping: a trained student becomes a registered MLflow model that runs without kdorch.

Reading order: :mod:`~kdorch.shipping.promotion` (the whole story), then the steps it takes:
:mod:`~kdorch.shipping.names`, :mod:`~kdorch.shipping.wrapping`, :mod:`~kdorch.shipping.artifact`,
:mod:`~kdorch.shipping.verification` and :mod:`~kdorch.shipping.registry`;
:mod:`~kdorch.shipping.card` writes the page shown beside the model.
"""

from __future__ import annotations

from kdorch.shipping.card import Card, Network, render

__all__ = ["Card", "Network", "render"]
