"""Indexing: what ``x[index]`` and ``x.at`` are, and NumPy's functions that index."""

from ._getitem import getitem as getitem
from ._index_update import IndexUpdate as IndexUpdate
from ._index_update import at as at

__all__ = ["at"]
