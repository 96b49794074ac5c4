"""Find installed plugins and look them up by kind and name."""

from kdorch.discovery.folders import importable
from kdorch.discovery.plugins import Plugins, discover, installed, own
from kdorch.discovery.registry import Entry, Origin, local

__all__ = ["Entry", "Origin", "Plugins", "discover", "importable", "installed", "local", "own"]
