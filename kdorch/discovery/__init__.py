"""Find installed plugins and look them up by kind and name."""

from kdorch.discovery.folders import importable
from kdorch.discovery.plugins import Plugins, installed
from kdorch.discovery.registry import Entry, Origin

__all__ = ["Entry", "Origin", "Plugins", "importable", "installed"]
