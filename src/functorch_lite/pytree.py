"""Pytrees: nested containers of leaves, on optree with a namespace of our own.

``None`` is an empty subtree, dictionary keys are sorted, and namedtuples, deques,
OrderedDicts and registered classes are nodes: the rules are JAX's.
"""

import dataclasses
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeVar

import optree

from .errors import PytreeError

__all__ = [
    "GetAttrKey",
    "Partial",
    "PyTreeDef",
    "all_leaves",
    "flatten_up_to",
    "keystr",
    "register_dataclass",
    "register_pytree_node",
    "register_pytree_node_class",
    "register_pytree_with_keys",
    "register_pytree_with_keys_class",
    "register_static",
    "tree_all",
    "tree_broadcast",
    "tree_broadcast_prefix",
    "tree_flatten",
    "tree_flatten_with_path",
    "tree_leaves",
    "tree_leaves_with_path",
    "tree_map",
    "tree_map_with_path",
    "tree_reduce",
    "tree_structure",
    "tree_transpose",
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


def tree_broadcast(prefix: Any, tree: Any, is_leaf: IsLeaf = None) -> Any:
    """Return a tree like `tree` with the leaves of its prefix `prefix` repeated.

    Examples
    --------
    >>> tree_broadcast((0, None), ([1, 2], {"a": 3}))
    ([0, 0], {'a': None})
    """
    leaves = tree_broadcast_prefix(prefix, tree, is_leaf)
    return tree_unflatten(tree_structure(tree, is_leaf), leaves)


def tree_reduce(f: Callable[[Any, Any], Any], tree: Any, *initial: Any) -> Any:
    """Fold `f` over the leaves of `tree`.

    Examples
    --------
    >>> tree_reduce(lambda a, b: a + b, {"a": 1, "b": [2, 3]})
    6
    """
    import functools

    return functools.reduce(f, tree_leaves(tree), *initial)


def tree_all(tree: Any) -> bool:
    """Return whether all leaves of `tree` are true."""
    return all(tree_leaves(tree))


def all_leaves(xs: Iterable[Any]) -> bool:
    """Return whether every element of `xs` is a leaf."""
    return all(len(ls := tree_leaves(x)) == 1 and ls[0] is x for x in xs)


def tree_transpose(outer: PyTreeDef, inner: PyTreeDef, tree: Any) -> Any:
    """Turn a tree of `outer` with `inner` at each leaf inside out.

    Examples
    --------
    >>> outer, inner = tree_structure([0, 0]), tree_structure((0, 0))
    >>> tree_transpose(outer, inner, [(1, 2), (3, 4)])
    ([1, 3], [2, 4])
    """
    leaves = tree_leaves(tree)
    n, m = outer.num_leaves, inner.num_leaves
    if len(leaves) != n * m:
        raise PytreeError(f"tree_transpose: expected {n}*{m} leaves, got {len(leaves)}")
    columns = [tree_unflatten(outer, leaves[j::m]) for j in range(m)]
    return tree_unflatten(inner, columns)


def tree_flatten_with_path(
    tree: Any, is_leaf: IsLeaf = None
) -> tuple[list[tuple[tuple[Any, ...], Any]], PyTreeDef]:
    """Return ``(path, leaf)`` pairs and the structure of `tree`."""
    paths, leaves, treedef = optree.tree_flatten_with_path(tree, is_leaf, namespace=NAMESPACE)
    return list(zip(paths, leaves, strict=True)), treedef


def tree_leaves_with_path(tree: Any, is_leaf: IsLeaf = None) -> list[tuple[tuple[Any, ...], Any]]:
    """Return the ``(path, leaf)`` pairs of `tree`."""
    return tree_flatten_with_path(tree, is_leaf)[0]


def tree_map_with_path(f: Callable[..., Any], tree: Any, *rest: Any, is_leaf: IsLeaf = None) -> Any:
    """Apply ``f(path, leaf, ...)`` to the leaves of `tree`."""
    pairs, treedef = tree_flatten_with_path(tree, is_leaf)
    others = [flatten_up_to(treedef, r) for r in rest]
    out = [f(p, x, *ys) for (p, x), *ys in zip(pairs, *others, strict=True)]
    return tree_unflatten(treedef, out)


class GetAttrKey(str):
    """The name of an attribute in a path, where an index or a key would stand in brackets."""

    __slots__ = ()


def keystr(path: Sequence[Any]) -> str:
    """Render a path as it would be written in Python.

    Examples
    --------
    >>> [keystr(p) for p, _ in tree_leaves_with_path({"w": [1, 2]})]
    ["['w'][0]", "['w'][1]"]
    """
    return "".join(f".{k}" if isinstance(k, GetAttrKey) else f"[{k!r}]" for k in path)


def register_pytree_node(
    cls: type,
    flatten: Callable[[Any], tuple[Iterable[Any], Hashable]],
    unflatten: Callable[[Any, Iterable[Any]], Any],
) -> None:
    """Register `cls` as an inner node.

    Parameters
    ----------
    cls : type
        The class; an instance becomes a node.
    flatten : callable
        Maps an instance to ``(children, aux_data)``; `aux_data` must be hashable.
    unflatten : callable
        Maps ``(aux_data, children)`` back to an instance.

    Raises
    ------
    ValueError
        If `cls` is registered already.
    """

    def flatten_to_tuple(x: Any) -> tuple[tuple[Any, ...], Hashable]:
        children, aux = flatten(x)
        return tuple(children), aux

    optree.register_pytree_node(cls, flatten_to_tuple, unflatten, namespace=NAMESPACE)


def register_pytree_node_class(cls: C) -> C:
    """Register a class that defines ``tree_flatten`` and ``tree_unflatten``."""
    register_pytree_node(cls, lambda x: x.tree_flatten(), cls.tree_unflatten)  # type: ignore[attr-defined]
    return cls


def register_pytree_with_keys(
    cls: type,
    flatten_with_keys: Callable[[Any], tuple[Iterable[tuple[Any, Any]], Hashable]],
    unflatten: Callable[[Any, Iterable[Any]], Any],
) -> None:
    """Register `cls` as an inner node whose children have names, for error messages.

    Parameters
    ----------
    cls : type
        The class; an instance becomes a node.
    flatten_with_keys : callable
        Maps an instance to ``([(key, child), ...], aux_data)``; a key is an index, a
        dictionary key or a `GetAttrKey`.
    unflatten : callable
        Maps ``(aux_data, children)`` back to an instance.

    Raises
    ------
    ValueError
        If `cls` is registered already.

    Examples
    --------
    >>> class Pair:
    ...     def __init__(self, left, right):
    ...         self.left, self.right = left, right
    >>> names = GetAttrKey("left"), GetAttrKey("right")
    >>> register_pytree_with_keys(
    ...     Pair, lambda p: (zip(names, (p.left, p.right)), None), lambda _, xs: Pair(*xs)
    ... )
    >>> [keystr(path) for path, _ in tree_leaves_with_path(Pair(1, [2]))]
    ['.left', '.right[0]']
    """

    def flatten(x: Any) -> tuple[tuple[Any, ...], Hashable, tuple[Any, ...]]:
        pairs, aux = flatten_with_keys(x)
        keys, children = zip(*pairs, strict=True) if (pairs := list(pairs)) else ((), ())
        return children, aux, keys

    optree.register_pytree_node(cls, flatten, unflatten, namespace=NAMESPACE)


def register_pytree_with_keys_class(cls: C) -> C:
    """Register a class that defines ``tree_flatten_with_keys`` and ``tree_unflatten``."""
    register_pytree_with_keys(cls, lambda x: x.tree_flatten_with_keys(), cls.tree_unflatten)  # type: ignore[attr-defined]
    return cls


def register_static(cls: C) -> C:
    """Register a hashable class whose instances have no leaves: part of the structure.

    Examples
    --------
    >>> @register_static
    ... class Name(str):
    ...     pass
    >>> tree_leaves({"name": Name("layer"), "weight": 1.0})
    [1.0]
    """
    register_pytree_node(cls, lambda x: ((), x), lambda x, _: x)
    return cls


def register_dataclass(
    cls: C,
    data_fields: Sequence[str] | None = None,
    meta_fields: Sequence[str] | None = None,
) -> C:
    """Register a dataclass: `data_fields` are children, `meta_fields` static.

    Without field names, every field is data unless its metadata says ``static=True``.

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
    fields = [f for f in dataclasses.fields(cls) if f.init]
    if data_fields is None:
        data_fields = [f.name for f in fields if not f.metadata.get("static", False)]
    if meta_fields is None:
        meta_fields = [f.name for f in fields if f.name not in data_fields]
    data, meta = tuple(data_fields), tuple(meta_fields)

    keys = [GetAttrKey(n) for n in data]

    def flatten(x: Any) -> tuple[Iterable[tuple[Any, Any]], Hashable]:
        return [(k, getattr(x, k)) for k in keys], tuple(getattr(x, n) for n in meta)

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
