"""Files that pip does not bring: which they are, where they lie, and how they come there."""

from kdorch.fetching.directory import Here, fetch, find, home
from kdorch.fetching.fetched import Fetched
from kdorch.fetching.generated import generated
from kdorch.fetching.sources import Debian, Npm, Pip, Source

__all__ = ["Debian", "Fetched", "Here", "Npm", "Pip", "Source", "fetch", "find", "generated", "home"]
