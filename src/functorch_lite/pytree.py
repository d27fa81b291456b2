"""Pytrees: nested containers of leaves, on optree with a namespace of our own.

``None`` is an empty subtree, dictionary keys are sorted, and namedtuples, OrderedDicts and
registered classes are nodes: the rules are JAX's. Deques are nodes too, in JAX they are leaves.

What the package itself uses, in the form that is fast: a path is a tuple of plain keys. The public
face is `tree_util`, whose paths are made of JAX's key classes.
"""

import dataclasses
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeVar

import optree

from .errors import PytreeError
from .keypath import GetAttrKey, keystr

__all__ = [
    "Partial",
    "PyTreeDef",
    "flatten_up_to",
    "keystr",
    "register_dataclass",
    "register_pytree_node",
    "register_pytree_with_keys",
    "tree_broadcast_prefix",
    "tree_flatten",
    "tree_flatten_with_path",
    "tree_leaves",
    "tree_map",
    "tree_structure",
    "tree_unflatten",
]

NAMESPACE = "functorch_lite"
PyTreeDef = optree.PyTreeSpec
C = TypeVar("C", bound=type)
IsLeaf = Callable[[Any], bool] | None


def tree_flatten(tree: Any, is_leaf: IsLeaf = None) -> tuple[list[Any], PyTreeDef]:
    """Return the leaves of `tree` and the structure to rebuild it.

    Examples
    --------
    >>> leaves, treedef = tree_flatten({"b": [1, 2], "a": None})
    >>> leaves
    [1, 2]
    >>> tree_unflatten(treedef, [3, 4]) == {"a": None, "b": [3, 4]}
    True
    """
    return optree.tree_flatten(tree, is_leaf, namespace=NAMESPACE)


def tree_unflatten(treedef: PyTreeDef, leaves: Iterable[Any]) -> Any:
    """Rebuild a tree of structure `treedef` from `leaves`."""
    return optree.tree_unflatten(treedef, leaves)


def tree_leaves(tree: Any, is_leaf: IsLeaf = None) -> list[Any]:
    """Return the leaves of `tree` in order."""
    return optree.tree_leaves(tree, is_leaf, namespace=NAMESPACE)


def tree_structure(tree: Any, is_leaf: IsLeaf = None) -> PyTreeDef:
    """Return the structure of `tree`."""
    return optree.tree_structure(tree, is_leaf, namespace=NAMESPACE)


def tree_map(f: Callable[..., Any], tree: Any, *rest: Any, is_leaf: IsLeaf = None) -> Any:
    """Apply `f` to corresponding leaves of `tree` and `rest`.

    Raises
    ------
    PytreeError
        If a tree in `rest` does not have the structure of `tree`.

    Examples
    --------
    >>> tree_map(lambda a, b: a + b, (1, {"k": 2}), (10, {"k": 20}))
    (11, {'k': 22})
    """
    leaves, treedef = tree_flatten(tree, is_leaf)
    others = [flatten_up_to(treedef, r) for r in rest]
    return tree_unflatten(treedef, [f(*xs) for xs in zip(leaves, *others, strict=True)])


def flatten_up_to(treedef: PyTreeDef, tree: Any) -> list[Any]:
    """Flatten `tree` only as deep as `treedef` goes."""
    try:
        return treedef.flatten_up_to(tree)
    except (ValueError, TypeError) as e:
        raise PytreeError(
            f"pytree structures do not match: expected {treedef}, got "
            f"{tree_structure(tree)}; details: {e}"
        ) from None


def tree_broadcast_prefix(prefix: Any, tree: Any, is_leaf: IsLeaf = None) -> list[Any]:
    """Repeat each leaf of `prefix` for all leaves of `tree` below it.

    ``None`` in `prefix` counts as a leaf, so that ``in_axes=(0, None)`` works.

    Examples
    --------
    >>> tree_broadcast_prefix((0, None), ([1, 2], {"a": 3}))
    [0, 0, None]
    """
    leaves: list[Any] = []

    def add(p: Any, subtree: Any) -> None:
        leaves.extend([p] * len(tree_leaves(subtree)))

    try:
        optree.tree_map_(
            add,
            prefix,
            tree,
            is_leaf=lambda x: x is None or (is_leaf is not None and is_leaf(x)),
            namespace=NAMESPACE,
        )
    except (ValueError, TypeError) as e:
        raise PytreeError(
            f"{prefix!r} is not a prefix of the structure {tree_structure(tree)}: {e}"
        ) from None
    return leaves


def tree_flatten_with_path(
    tree: Any, is_leaf: IsLeaf = None
) -> tuple[list[tuple[tuple[Any, ...], Any]], PyTreeDef]:
    """Return ``(path, leaf)`` pairs, paths of plain keys, and the structure of `tree`."""
    paths, leaves, treedef = optree.tree_flatten_with_path(tree, is_leaf, namespace=NAMESPACE)
    return list(zip(paths, leaves, strict=True)), treedef


def register_pytree_node(
    cls: type,
    flatten_func: Callable[[Any], tuple[Iterable[Any], Hashable]],
    unflatten_func: Callable[[Any, Iterable[Any]], Any],
    flatten_with_keys_func: Callable[[Any], tuple[Iterable[tuple[Any, Any]], Hashable]]
    | None = None,
) -> None:
    """Register `cls` as an inner node.

    Parameters
    ----------
    cls : type
        The class; an instance becomes a node.
    flatten_func : callable
        Maps an instance to ``(children, aux_data)``; `aux_data` must be hashable.
    unflatten_func : callable
        Maps ``(aux_data, children)`` back to an instance.
    flatten_with_keys_func : callable
        Like `flatten_func`, with ``(key, child)`` in place of children.

    Raises
    ------
    ValueError
        If `cls` is registered already.
    """
    if flatten_with_keys_func is not None:
        register_pytree_with_keys(cls, flatten_with_keys_func, unflatten_func)
        return

    def flatten_to_tuple(x: Any) -> tuple[tuple[Any, ...], Hashable]:
        children, aux = flatten_func(x)
        return tuple(children), aux

    optree.register_pytree_node(cls, flatten_to_tuple, unflatten_func, namespace=NAMESPACE)


def register_pytree_with_keys(
    cls: type,
    flatten_with_keys: Callable[[Any], tuple[Iterable[tuple[Any, Any]], Hashable]],
    unflatten_func: Callable[[Any, Iterable[Any]], Any],
    flatten_func: Any = None,
) -> None:
    """Register `cls` as an inner node whose children have names in paths.

    Parameters
    ----------
    cls : type
    flatten_with_keys : callable
        Maps an instance to ``((key, child), ...), aux_data``.
    unflatten_func : callable
        Maps ``(aux_data, children)`` back to an instance.
    flatten_func : callable, optional
        Not needed; for JAX's signature.
    """

    def flatten(x: Any) -> tuple[tuple[Any, ...], Hashable, tuple[Any, ...]]:
        pairs, aux = flatten_with_keys(x)
        pairs = tuple(pairs)
        return tuple(c for _, c in pairs), aux, tuple(k for k, _ in pairs)

    optree.register_pytree_node(cls, flatten, unflatten_func, namespace=NAMESPACE)


def register_dataclass(
    cls: C,
    data_fields: Sequence[str] | None = None,
    meta_fields: Sequence[str] | None = None,
    drop_fields: Sequence[str] = (),
) -> C:
    """Register a dataclass: `data_fields` are children, `meta_fields` static.

    Without field names, every field is data unless its metadata says ``static=True``. Fields in
    `drop_fields` are lost.

    Examples
    --------
    >>> import dataclasses
    >>> @register_dataclass
    ... @dataclasses.dataclass
    ... class Point:
    ...     x: float
    ...     name: str = dataclasses.field(metadata={"static": True})
    >>> tree_map(lambda v: 2 * v, Point(3.0, "p"))
    Point(x=6.0, name='p')
    """
    if not dataclasses.is_dataclass(cls):
        raise TypeError(f"register_dataclass needs a dataclass, got {cls!r}; add @dataclass")
    fields = [f for f in dataclasses.fields(cls) if f.init and f.name not in drop_fields]
    if data_fields is None:
        data_fields = [f.name for f in fields if not f.metadata.get("static", False)]
    if meta_fields is None:
        meta_fields = [f.name for f in fields if f.name not in data_fields]
    data, meta = tuple(data_fields), tuple(meta_fields)

    keys = [GetAttrKey(n) for n in data]

    def flatten(x: Any) -> tuple[list[tuple[Any, Any]], Hashable]:
        pairs = [(k, getattr(x, k.name)) for k in keys]
        return pairs, tuple(getattr(x, n) for n in meta)

    def unflatten(aux: Any, children: Iterable[Any]) -> Any:
        kwargs = dict(zip(data, children, strict=True)) | dict(zip(meta, aux, strict=True))
        x = object.__new__(cls)
        for name, value in kwargs.items():
            object.__setattr__(x, name, value)
        return x

    register_pytree_with_keys(cls, flatten, unflatten)
    return cls


class Partial:
    """A ``functools.partial`` that is a pytree: the bound arguments are its children.

    Examples
    --------
    >>> p = Partial(lambda a, b: a - b, 10)
    >>> p(3), tree_leaves(p)
    (7, [10])
    """

    def __init__(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        self.func, self.args, self.keywords = func, args, kwargs

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function with the bound and the given arguments."""
        return self.func(*self.args, *args, **(self.keywords | kwargs))


def _unflatten_partial(func: Any, children: Iterable[Any]) -> Partial:
    """Rebuild a Partial from its function and its bound arguments."""
    args, kwargs = children
    return Partial(func, *args, **kwargs)


register_pytree_node(Partial, lambda p: ((p.args, p.keywords), p.func), _unflatten_partial)
