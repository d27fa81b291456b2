"""Calls of Python functions from programs: pure ones, and ones with side effects.

Effects happen in program order, whatever compiles the program, and are never dropped or shared.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DTypeError, MissingRuleError, ShapeError
from ..ir import Primitive, ShapedArray, bind, no_tangent, shape_of, unsupported
from .lowering import Library
from .shape import broadcast_in_dim, reshape

__all__ = ["debug_callback_p", "io_callback_p", "pure_callback_p"]

Callback = Callable[..., Any]
Avals = tuple[ShapedArray, ...]


@dataclass(frozen=True)
class EachExample:
    """Calls a function once for each example of a mapped axis, in order."""

    callback: Callback
    size: int
    batched: tuple[bool, ...]

    def __call__(self, *args: Any) -> list[Any]:
        """Return the results, stacked."""
        rows = []
        for i in range(self.size):
            one = [a[i] if b else a for a, b in zip(args, self.batched, strict=True)]
            rows.append([np.asarray(r) for r in self.callback(*one) or ()])
        return [np.stack(column) for column in zip(*rows, strict=True)]


def _copies(args: Sequence[Any]) -> list[Any]:
    """Return arrays that a callback may keep: those of a program are used again."""
    return [np.array(a) for a in args]


def _views(args: Sequence[Any]) -> list[Any]:
    """Return arrays that a callback can read but not write."""
    out = []
    for a in args:
        v = np.asarray(a).view()
        v.flags.writeable = False
        out.append(v)
    return out


def _checked(results: Sequence[Any], avals: Avals, callback: Callback) -> list[Any]:
    """Check what a callback returned against what was promised."""
    name = getattr(callback, "__name__", type(callback).__name__)
    if len(results) != len(avals):
        raise ShapeError(f"the callback {name} returned {len(results)} arrays, not {len(avals)}")
    out = []
    for r, aval in zip(results, avals, strict=True):
        if not isinstance(r, np.ndarray | np.generic):
            r = np.asarray(r).astype(aval.dtype)
        if r.shape != aval.shape:
            raise ShapeError(
                f"the callback {name} returned shape {r.shape}; its declared result is {aval}"
            )
        if r.dtype != aval.dtype:
            raise DTypeError(
                f"the callback {name} returned dtype {r.dtype}; its declared result is {aval}"
            )
        out.append(np.asarray(r))
    return out


def _mapped_avals(avals: Avals, size: int) -> Avals:
    return tuple(a.update(shape=(size, *a.shape)) for a in avals)


# --- debug ----------------------------------------------------------------------------------------


def _debug_impl(*args: Any, callback: Callback) -> list[Any]:
    callback(*_copies(args))
    return []


def _debug_batch(
    size: int, args: Any, batched: Any, *, callback: Callback
) -> tuple[list[Any], list[bool]]:
    each = EachExample(callback, size, tuple(batched))
    return bind(debug_callback_p, *args, callback=each), []


debug_callback_p: Primitive = Primitive(
    "debug_callback",
    impl=_debug_impl,
    abstract_eval=lambda *avals, callback: [],
    jvp=no_tangent,
    batch=_debug_batch,
    lower=Library("a Python function"),
    multiple_results=True,
    effectful=True,
)

# --- pure -----------------------------------------------------------------------------------------


def _pure_impl(*args: Any, callback: Callback, results: Avals, vmap_method: str | None) -> Any:
    return _checked(callback(*_views(args)), results, callback)


def _pure_batch(
    size: int,
    args: Any,
    batched: Any,
    *,
    callback: Callback,
    results: Avals,
    vmap_method: str | None,
) -> tuple[list[Any], list[bool]]:
    if vmap_method is None:
        raise MissingRuleError(
            "a pure_callback without vmap_method cannot be mapped. Pass vmap_method='sequential' "
            "(one call for each example), or 'broadcast_all' or 'expand_dims' if the function "
            "works on a leading axis of its arguments."
        )
    if vmap_method.startswith("sequential"):
        callback = EachExample(callback, size, tuple(batched))
    else:
        repeat = size if vmap_method == "broadcast_all" else 1
        args = [a if b else _lead(a, repeat) for a, b in zip(args, batched, strict=True)]
    params = {"callback": callback, "vmap_method": vmap_method}
    outs = bind(pure_callback_p, *args, results=_mapped_avals(results, size), **params)
    return outs, [True] * len(outs)


def _lead(x: Any, size: int) -> Any:
    """Add a leading axis."""
    shape = shape_of(x)
    if size == 1:
        return reshape(x, (1, *shape))
    return broadcast_in_dim(x, (size, *shape), range(1, len(shape) + 1))


_NO_DERIVATIVE = (
    "Python functions have no derivative: wrap the call in a custom_jvp or custom_vjp function, "
    "or stop the gradient of its arguments with lax.stop_gradient"
)

pure_callback_p: Primitive = Primitive(
    "pure_callback",
    impl=_pure_impl,
    abstract_eval=lambda *avals, callback, results, vmap_method: list(results),
    jvp=unsupported(_NO_DERIVATIVE),
    batch=_pure_batch,
    lower=Library("a Python function"),
    multiple_results=True,
)

# --- input and output -----------------------------------------------------------------------------


def _io_impl(*args: Any, callback: Callback, results: Avals, ordered: bool) -> list[Any]:
    return _checked(callback(*_copies(args)), results, callback)


def _io_batch(
    size: int, args: Any, batched: Any, *, callback: Callback, results: Avals, ordered: bool
) -> tuple[list[Any], list[bool]]:
    if ordered:
        raise MissingRuleError(
            "an ordered io_callback cannot be mapped: examples have no order. Pass ordered=False."
        )
    each = EachExample(callback, size, tuple(batched))
    mapped = _mapped_avals(results, size)
    outs = bind(io_callback_p, *args, callback=each, results=mapped, ordered=ordered)
    return outs, [True] * len(outs)


io_callback_p: Primitive = Primitive(
    "io_callback",
    impl=_io_impl,
    abstract_eval=lambda *avals, callback, results, ordered: list(results),
    jvp=unsupported(_NO_DERIVATIVE),
    batch=_io_batch,
    lower=Library("a Python function"),
    multiple_results=True,
    effectful=True,
)
