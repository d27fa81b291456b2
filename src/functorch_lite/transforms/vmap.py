"""vmap: the public mapping transform."""

import inspect
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from ..errors import PytreeError, ShapeError
from ..ir import shape_of, typeof
from ..prims.shape import concatenate, slice_, transpose
from ..pytree import (
    keystr,
    tree_broadcast_prefix,
    tree_flatten,
    tree_flatten_with_path,
    tree_unflatten,
)
from .batch import batch_flat, materialize
from .flatten import FlatFunction, check_array, function_name
from .transformed import transformed

__all__ = ["vmap"]


def vmap(
    fun: Callable[..., Any],
    in_axes: Any = 0,
    out_axes: Any = 0,
    axis_name: Hashable | None = None,
    axis_size: int | None = None,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """Map `fun` over an axis of its arguments, vectorised.

    Parameters
    ----------
    fun : callable
        Written for one example.
    in_axes : int, None, or pytree
        The axis to map for each positional argument (a prefix of their pytrees); ``None`` does
        not map; negative axes count from the end. Keyword arguments are mapped over axis 0.
    out_axes : int, None, or pytree
        Where the mapped axis goes in each output; ``None`` needs an unmapped output.
    axis_name : hashable, optional
        Name for collectives (``lax.psum`` ...).
    axis_size : int, optional
        Length of the mapped axis; needed when nothing is mapped.
    chunk_size : int, optional
        Work on so many examples at a time, to bound memory.

    Returns
    -------
    callable
        With the signature of `fun`, on batches.

    Raises
    ------
    ShapeError
        If sizes of mapped axes differ (naming the arguments), an axis does not exist, or a
        mapped output has ``out_axes=None``.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> print(fl.vmap(np.dot)(np.ones((3, 2)), np.arange(6.0).reshape(3, 2)))
    [1. 5. 9.]
    """
    name = function_name(fun)
    names = _argument_names(fun)
    if isinstance(in_axes, list):
        in_axes = tuple(in_axes)

    @transformed(
        vmap,
        fun,
        in_axes=in_axes,
        out_axes=out_axes,
        axis_name=axis_name,
        axis_size=axis_size,
        chunk_size=chunk_size,
    )
    def vmap_f(*args: Any, **kwargs: Any) -> Any:
        pairs, treedef = tree_flatten_with_path((args, kwargs))
        leaves = [check_array(x, f"argument{keystr(p[1:])} of {name}") for p, x in pairs]
        axes = _flat_in_axes(in_axes, args, kwargs, name)
        labels = [_label(p, names) for p, _ in pairs]
        size = _mapped_size(leaves, axes, labels, axis_size, name)
        fronted = [_to_front(x, a) for x, a in zip(leaves, axes, strict=True)]
        mapped = [a is not None for a in axes]
        flat = FlatFunction(fun, treedef)
        with np.errstate(all="ignore"):
            outs, batched = _run(flat, size, fronted, mapped, axis_name, chunk_size)
        out_flat_axes = _flat_out_axes(out_axes, flat, len(outs), name)
        placed = [
            _place(o, b, a, size, name)
            for o, b, a in zip(outs, batched, out_flat_axes, strict=True)
        ]
        return flat.unflatten(placed)

    return vmap_f


def _argument_names(fun: Callable[..., Any]) -> list[str]:
    """Return the names of the positional arguments, as far as they can be known."""
    try:
        parameters = inspect.signature(fun).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _label(path: tuple[Any, ...], names: list[str]) -> str:
    """Name a leaf of (args, kwargs) as the user would."""
    kind, key, *rest = path
    named = key if kind == 1 else names[key] if key < len(names) else None
    return f"argument {named if named is not None else key}{keystr(rest)}"


def _flat_in_axes(
    in_axes: Any, args: tuple[Any, ...], kwargs: dict[str, Any], name: str
) -> list[int | None]:
    """Return the mapped axis of each leaf of (args, kwargs)."""
    n_kwargs = len(tree_flatten(kwargs)[0])
    if in_axes is None or isinstance(in_axes, int):
        n = len(tree_flatten(args)[0])
        return [in_axes] * n + [0] * n_kwargs
    if not isinstance(in_axes, tuple):
        raise TypeError(
            f"vmap in_axes must be an int, None, or a tuple with an entry for each positional "
            f"argument of {name}, got {in_axes!r}"
        )
    if len(in_axes) != len(args):
        raise PytreeError(
            f"vmap in_axes has {len(in_axes)} entries, but {name} was called with {len(args)} "
            f"positional arguments: in_axes={in_axes!r}"
        )
    return tree_broadcast_prefix(in_axes, args) + [0] * n_kwargs


def _mapped_size(
    leaves: list[Any],
    axes: list[int | None],
    labels: list[str],
    axis_size: int | None,
    name: str,
) -> int:
    """Return the common length of the mapped axes; raise naming the arguments."""
    sizes: dict[str, int] = {}
    for x, axis, where in zip(leaves, axes, labels, strict=True):
        if axis is None:
            continue
        shape = shape_of(x)
        if not isinstance(axis, int) or not -len(shape) <= axis < len(shape):
            raise ShapeError(
                f"vmap of {name}: axis {axis!r} does not exist in {where} of shape {shape}; "
                "use in_axes=None for arguments that are the same for all examples"
            )
        sizes[where] = shape[axis]
    found = set(sizes.values()) | ({axis_size} if axis_size is not None else set())
    if not found:
        raise ShapeError(
            f"vmap of {name}: no argument is mapped; pass axis_size, or an in_axes that is not None"
        )
    if len(found) > 1:
        given = f" and axis_size={axis_size}" if axis_size is not None else ""
        listed = ", ".join(f"{w}: {n}" for w, n in sizes.items())
        raise ShapeError(f"vmap of {name}: mapped axes have different sizes: {listed}{given}")
    size = found.pop()
    assert size is not None
    return size


def _to_front(x: Any, axis: int | None) -> Any:
    """Move the mapped axis to the front."""
    if axis is None:
        return x
    ndim = len(shape_of(x))
    axis %= ndim
    x = x if hasattr(x, "shape") else np.asarray(x)
    return transpose(x, (axis, *(d for d in range(ndim) if d != axis)))


def _run(
    flat: FlatFunction,
    size: int,
    args: list[Any],
    mapped: list[bool],
    axis_name: Hashable | None,
    chunk_size: int | None,
) -> tuple[list[Any], list[bool]]:
    """Map in one go, or in chunks."""
    if chunk_size is not None and chunk_size < 1:
        raise ValueError(f"vmap chunk_size must be positive, got {chunk_size}")
    if chunk_size is None or chunk_size >= size:
        return batch_flat(flat, size, args, mapped, axis_name)
    if axis_name is not None:
        raise ValueError(
            "vmap with chunk_size cannot have an axis_name: collectives need all examples"
        )
    parts = []
    for lo in range(0, size, chunk_size):
        hi = min(size, lo + chunk_size)
        cut = [_cut(x, lo, hi) if m else x for x, m in zip(args, mapped, strict=True)]
        parts.append(batch_flat(flat, hi - lo, cut, mapped))
    batched = parts[0][1]
    outs = [
        concatenate([p[0][i] for p in parts], 0) if b else parts[0][0][i]
        for i, b in enumerate(batched)
    ]
    return outs, batched


def _cut(x: Any, lo: int, hi: int) -> Any:
    """Take examples lo to hi."""
    shape = shape_of(x)
    return slice_(x, (lo,) + (0,) * (len(shape) - 1), (hi, *shape[1:]))


def _flat_out_axes(out_axes: Any, flat: FlatFunction, n: int, name: str) -> list[int | None]:
    """Return where the mapped axis goes in each output leaf."""
    if out_axes is None or isinstance(out_axes, int):
        return [out_axes] * n
    assert flat.out_tree is not None
    dummy = tree_unflatten(flat.out_tree, [0] * n)
    if isinstance(out_axes, list) and isinstance(dummy, tuple):
        out_axes = tuple(out_axes)
    try:
        return tree_broadcast_prefix(out_axes, dummy)
    except PytreeError as e:
        raise PytreeError(f"vmap of {name}: out_axes does not fit the output: {e}") from None


def _place(out: Any, batched: bool, axis: int | None, size: int, name: str) -> Any:
    """Put the mapped axis of an output where it is wanted."""
    if axis is None:
        if batched:
            raise ShapeError(
                f"vmap of {name}: an output is mapped ({typeof(out)}), but its out_axes is None; "
                "give it an axis, or reduce over the mapped axis inside (lax.psum with axis_name)"
            )
        return out
    if not batched:
        out = materialize(out, size)
    ndim = len(shape_of(out))
    if not isinstance(axis, int) or not -ndim <= axis < ndim:
        raise ShapeError(
            f"vmap of {name}: out_axes {axis!r} does not fit an output with {ndim} axes"
        )
    axis %= ndim
    rest = list(range(1, ndim))
    out = transpose(out, (*rest[:axis], 0, *rest[axis:]))
    if type(out) is np.ndarray and not out.flags.writeable:
        return out.copy()
    return out
