"""Pytrees under the short names of `jax.tree`: ``tree.map`` is `tree_util.tree_map`.

Examples
--------
>>> import functorch_lite as fl
>>> fl.tree.map(lambda x: 2 * x, {"a": 1, "b": (2, 3)})
{'a': 2, 'b': (4, 6)}
"""

import dataclasses
from typing import Any

from .tree_util import tree_all as all
from .tree_util import tree_broadcast as broadcast
from .tree_util import tree_flatten as flatten
from .tree_util import tree_flatten_with_path as flatten_with_path
from .tree_util import tree_leaves as leaves
from .tree_util import tree_leaves_with_path as leaves_with_path
from .tree_util import tree_map as map
from .tree_util import tree_map_with_path as map_with_path
from .tree_util import tree_reduce as reduce
from .tree_util import tree_reduce_associative as reduce_associative
from .tree_util import tree_structure as structure
from .tree_util import tree_transpose as transpose
from .tree_util import tree_unflatten as unflatten

__all__ = ["all", "broadcast", "flatten", "flatten_with_path", "leaves", "leaves_with_path"]
__all__ += ["map", "map_with_path", "reduce", "reduce_associative", "static", "structure"]
__all__ += ["transpose", "unflatten"]


def static(**kwargs: Any) -> Any:
    """Declare a field of a dataclass that belongs to the structure, not to the leaves.

    Parameters
    ----------
    **kwargs
        Those of `dataclasses.field`.

    Examples
    --------
    >>> import dataclasses
    >>> from functorch_lite import tree_util
    >>> @tree_util.register_dataclass
    ... @dataclasses.dataclass
    ... class Layer:
    ...     weight: float
    ...     activation: str = static(default="relu")
    >>> leaves(Layer(1.0))
    [1.0]
    """
    metadata = {**(kwargs.pop("metadata", None) or {}), "static": True}
    return dataclasses.field(metadata=metadata, **kwargs)
