"""The study: what to distil, into what, and what to search. Data only, the same in YAML and in Python."""

from kdorch.study.model import Study
from kdorch.study.parts import OneOf
from kdorch.study.settings import Confirm, Search, Split, Store, Train
from kdorch.study.transfer import Augment, Transfer

__all__ = ["Augment", "Confirm", "OneOf", "Search", "Split", "Store", "Study", "Train", "Transfer"]
