"""Pytrees under the names of `jax.tree_util`; `tree` has the short ones.

Paths are tuples of `DictKey`, `SequenceKey`, `GetAttrKey` and `FlattenedIndexKey`.
"""

import functools
from collections.abc import Callable, Iterable
from typing import Any

import optree

from .errors import PytreeError
from .keypath import (
    DictKey,
    FlattenedIndexKey,
    GetAttrKey,
    Key,
    KeyEntry,
    KeyPath,
    SequenceKey,
    keystr,
)
from .pytree import (
    NAMESPACE,
    C,
    IsLeaf,
    Partial,
    PyTreeDef,
    flatten_up_to,
    register_dataclass,
    register_pytree_node,
    register_pytree_with_keys,
    tree_broadcast_prefix,
    tree_flatten,
    tree_leaves,
    tree_map,
    tree_structure,
    tree_unflatten,
)

__all__ = [
    "DictKey",
    "FlattenedIndexKey",
    "GetAttrKey",
    "KeyEntry",
    "KeyPath",
    "Partial",
    "PyTreeDef",
    "SequenceKey",
    "all_leaves",
    "flatten_one_level",
    "flatten_one_level_with_keys",
    "flatten_up_to",
    "is_tree_node",
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
    "tree_reduce_associative",
    "tree_structure",
    "tree_transpose",
    "tree_unflatten",
    "treedef_children",
    "treedef_is_leaf",
    "treedef_tuple",
]

_MISSING = object()


def _typed(entry: Any) -> Any:
    """Return JAX's key for a step that optree names."""
    if isinstance(entry.entry, Key):
        return entry.entry
    if isinstance(entry, optree.NamedTupleEntry):
        return GetAttrKey(entry.field)
    if isinstance(entry, optree.MappingEntry):
        return DictKey(entry.entry)
    if isinstance(entry, optree.SequenceEntry):
        return SequenceKey(entry.entry)
    return FlattenedIndexKey(entry.entry) if isinstance(entry.entry, int) else entry.entry


def tree_flatten_with_path(
    tree: Any, is_leaf: Callable[..., bool] | None = None, is_leaf_takes_path: bool = False
) -> tuple[list[tuple[KeyPath, Any]], PyTreeDef]:
    """Return ``(path, leaf)`` pairs and the structure of `tree`.

    Parameters
    ----------
    tree : pytree
    is_leaf : callable, optional
        Called with each node before it is opened; true stops there.
    is_leaf_takes_path : bool
        Call ``is_leaf(path, node)``.

    Examples
    --------
    >>> tree_flatten_with_path({"w": [1.0]})[0]
    [((DictKey(key='w'), SequenceKey(idx=0)), 1.0)]
    """
    if is_leaf is not None and is_leaf_takes_path:
        # optree asks of the same nodes in the same order.
        answers = iter(_asked(tree, is_leaf, ()))
        is_leaf = lambda _: next(answers)  # noqa: E731
    pairs, leaves, treedef = optree.tree_flatten_with_accessor(tree, is_leaf, namespace=NAMESPACE)
    paths = [tuple(_typed(e) for e in accessor) for accessor in pairs]
    return list(zip(paths, leaves, strict=True)), treedef


def _asked(node: Any, is_leaf: Callable[..., bool], path: KeyPath) -> list[bool]:
    """Ask a predicate of all nodes that flattening visits, depth first."""
    out = [bool(is_leaf(path, node))]
    if not out[0] and is_tree_node(type(node)):
        for key, child in flatten_one_level_with_keys(node)[0]:
            out += _asked(child, is_leaf, (*path, key))
    return out


def tree_leaves_with_path(
    tree: Any, is_leaf: Callable[..., bool] | None = None, is_leaf_takes_path: bool = False
) -> list[tuple[KeyPath, Any]]:
    """Return the ``(path, leaf)`` pairs of `tree`.

    Examples
    --------
    >>> [keystr(p) for p, _ in tree_leaves_with_path({"w": [1, 2]})]
    ["['w'][0]", "['w'][1]"]
    """
    return tree_flatten_with_path(tree, is_leaf, is_leaf_takes_path)[0]


def tree_map_with_path(
    f: Callable[..., Any],
    tree: Any,
    *rest: Any,
    is_leaf: Callable[..., bool] | None = None,
    is_leaf_takes_path: bool = False,
) -> Any:
    """Apply ``f(path, leaf, ...)`` to the leaves of `tree`.

    Examples
    --------
    >>> tree_map_with_path(lambda path, x: f"{keystr(path)} = {x}", (1, {"a": 2}))
    ('[0] = 1', {'a': "[1]['a'] = 2"})
    """
    pairs, treedef = tree_flatten_with_path(tree, is_leaf, is_leaf_takes_path)
    others = [flatten_up_to(treedef, r) for r in rest]
    out = [f(p, x, *ys) for (p, x), *ys in zip(pairs, *others, strict=True)]
    return tree_unflatten(treedef, out)


def tree_reduce(
    function: Callable[[Any, Any], Any],
    tree: Any,
    initializer: Any = _MISSING,
    is_leaf: IsLeaf = None,
) -> Any:
    """Fold `function` over the leaves of `tree`.

    Examples
    --------
    >>> tree_reduce(lambda a, b: a + b, {"a": 1, "b": [2, 3]})
    6
    """
    start = () if initializer is _MISSING else (initializer,)
    return functools.reduce(function, tree_leaves(tree, is_leaf), *start)


def tree_reduce_associative(
    operation: Callable[[Any, Any], Any],
    tree: Any,
    *,
    identity: Any = _MISSING,
    is_leaf: IsLeaf = None,
) -> Any:
    """Combine the leaves of `tree` pairwise, so that rounding errors grow with the logarithm.

    Raises
    ------
    TypeError
        If there are no leaves and no `identity`.

    Examples
    --------
    >>> tree_reduce_associative(lambda a, b: f"({a}{b})", list("abcd"))
    '((ab)(cd))'
    """
    xs = tree_leaves(tree, is_leaf)
    if not xs and identity is _MISSING:
        raise TypeError("tree_reduce_associative of a tree without leaves needs an identity")
    while len(xs) > 1:
        paired = [operation(a, b) for a, b in zip(xs[::2], xs[1::2], strict=False)]
        xs = paired + xs[len(xs) - len(xs) % 2 :]
    return xs[0] if xs else identity


def tree_all(tree: Any, *, is_leaf: IsLeaf = None) -> bool:
    """Return whether all leaves of `tree` are true.

    Examples
    --------
    >>> tree_all({"a": True, "b": [1, 2]})
    True
    """
    return all(tree_leaves(tree, is_leaf))


def all_leaves(iterable: Iterable[Any], is_leaf: IsLeaf = None) -> bool:
    """Return whether every element of an iterable is a leaf.

    Examples
    --------
    >>> all_leaves([1, 2]), all_leaves([1, (2,)])
    (True, False)
    """
    leaf = tree_structure(0)
    return all(tree_structure(x, is_leaf) == leaf for x in iterable)


def tree_broadcast(prefix_tree: Any, full_tree: Any, is_leaf: IsLeaf = None) -> Any:
    """Give each leaf of a prefix to all leaves below it in the full tree.

    Raises
    ------
    PytreeError
        If `prefix_tree` is not a prefix of `full_tree`.

    Examples
    --------
    >>> tree_broadcast((1, 2), ({"a": 0, "b": 0}, 0))
    ({'a': 1, 'b': 1}, 2)
    """
    try:
        return optree.tree_broadcast_prefix(prefix_tree, full_tree, is_leaf, namespace=NAMESPACE)
    except (ValueError, TypeError) as e:
        raise PytreeError(
            f"{prefix_tree!r} is not a prefix of the structure {tree_structure(full_tree)}: {e}"
        ) from None


def tree_transpose(outer: PyTreeDef, inner: PyTreeDef | None, tree: Any) -> Any:
    """Turn a tree of `outer` with `inner` at each leaf inside out.

    Parameters
    ----------
    outer : PyTreeDef
    inner : PyTreeDef or None
        None takes the structure found at the first leaf of `outer`.
    tree : pytree

    Raises
    ------
    PytreeError
        If `tree` is not made so.

    Examples
    --------
    >>> tree_transpose(tree_structure([0, 0]), None, [(1, 2), (3, 4)])
    ([1, 3], [2, 4])
    """
    parts = flatten_up_to(outer, tree)
    if inner is None:
        if not parts:
            raise PytreeError("tree_transpose needs the inner structure: the outer has no leaf")
        inner = tree_structure(parts[0])
    rows = [flatten_up_to(inner, p) for p in parts]
    columns = [tree_unflatten(outer, list(c)) for c in zip(*rows, strict=True)]
    if not rows:
        columns = [tree_unflatten(outer, [])] * inner.num_leaves
    return tree_unflatten(inner, columns)


def is_tree_node(typ: type) -> bool:
    """Return whether instances of a class are inner nodes.

    Examples
    --------
    >>> is_tree_node(dict), is_tree_node(float)
    (True, False)
    """
    return typ is type(None) or bool(
        optree.register_pytree_node.get(typ, namespace=NAMESPACE) or optree.is_namedtuple_class(typ)
    )


def flatten_one_level(tree: Any) -> tuple[list[Any], Any]:
    """Return a node's children and its auxiliary data.

    Raises
    ------
    ValueError
        If `tree` is a leaf.

    Examples
    --------
    >>> flatten_one_level({"b": 1, "a": [2]})[0]
    [[2], 1]
    """
    children, aux, *_ = optree.tree_flatten_one_level(tree, namespace=NAMESPACE)
    return list(children), aux


def flatten_one_level_with_keys(tree: Any) -> tuple[list[tuple[Any, Any]], Any]:
    """Return a node's children with their keys, and its auxiliary data.

    Raises
    ------
    ValueError
        If `tree` is a leaf.

    Examples
    --------
    >>> flatten_one_level_with_keys([5])[0]
    [(SequenceKey(idx=0), 5)]
    """
    children, aux, *_ = optree.tree_flatten_one_level(tree, namespace=NAMESPACE)
    accessors = optree.tree_accessors(tree, lambda x: x is not tree, namespace=NAMESPACE)
    return [(_typed(a[0]), c) for a, c in zip(accessors, children, strict=True)], aux


def register_pytree_node_class(cls: C) -> C:
    """Register a class that defines ``tree_flatten`` and the class method ``tree_unflatten``.

    Examples
    --------
    >>> @register_pytree_node_class
    ... class Box:
    ...     def __init__(self, content):
    ...         self.content = content
    ...     def tree_flatten(self):
    ...         return (self.content,), None
    ...     @classmethod
    ...     def tree_unflatten(cls, aux, children):
    ...         return cls(*children)
    >>> tree_leaves([Box(1), Box([2])])
    [1, 2]
    """
    register_pytree_node(cls, lambda x: x.tree_flatten(), cls.tree_unflatten)  # type: ignore[attr-defined]
    return cls


def register_pytree_with_keys_class(cls: C) -> C:
    """Register a class that defines ``tree_flatten_with_keys`` and ``tree_unflatten``.

    Examples
    --------
    >>> @register_pytree_with_keys_class
    ... class Named:
    ...     def __init__(self, content):
    ...         self.content = content
    ...     def tree_flatten_with_keys(self):
    ...         return ((GetAttrKey("content"), self.content),), None
    ...     @classmethod
    ...     def tree_unflatten(cls, aux, children):
    ...         return cls(*children)
    >>> keystr(tree_leaves_with_path(Named([3]))[0][0])
    '.content[0]'
    """
    register_pytree_with_keys(cls, lambda x: x.tree_flatten_with_keys(), cls.tree_unflatten)  # type: ignore[attr-defined]
    return cls


def register_static(cls: C) -> C:
    """Register a hashable class as a node without leaves: part of the structure.

    Examples
    --------
    >>> @register_static
    ... class Mode(str):
    ...     pass
    >>> tree_leaves([Mode("fast"), 1])
    [1]
    """
    register_pytree_node(cls, lambda x: ((), x), lambda aux, _: aux)
    return cls


def treedef_tuple(treedefs: Iterable[PyTreeDef]) -> PyTreeDef:
    """Return the structure of a tuple of trees.

    Examples
    --------
    >>> treedef_tuple([tree_structure([0, 0]), tree_structure(0)]).num_leaves
    3
    """
    return optree.treespec_tuple(treedefs, namespace=NAMESPACE)


def treedef_children(treedef: PyTreeDef) -> list[PyTreeDef]:
    """Return the structures of a structure's children.

    Examples
    --------
    >>> [t.num_leaves for t in treedef_children(tree_structure([0, (0, 0)]))]
    [1, 2]
    """
    return treedef.children()


def treedef_is_leaf(treedef: PyTreeDef) -> bool:
    """Return whether a structure has nothing below it.

    Examples
    --------
    >>> treedef_is_leaf(tree_structure(0)), treedef_is_leaf(tree_structure([0]))
    (True, False)
    """
    return treedef.num_nodes == 1
