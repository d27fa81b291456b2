"""What loops and branches share: recording bodies, carry types, data flow, zeros."""

import enum
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import Any

import numpy as np

from ...errors import DTypeError, PytreeError
from ...ir import (
    Eqn,
    Jaxpr,
    Literal,
    Primitive,
    ShapedArray,
    Source,
    Tracer,
    Var,
    bind,
    convert_if_needed,
    current_source,
    current_state,
    dce_jaxpr,
    shape_of,
    subjaxprs,
    summarize,
    trace_to_jaxpr,
    typeof,
)
from ...prims.arithmetic import select
from ...prims.elementwise import full_like
from ...prims.lowering import Scalar
from ...prims.shape import broadcast_in_dim, broadcast_in_dim_p
from ...pytree import PyTreeDef, tree_flatten, tree_structure
from ..batch import materialize
from ..flatten import check_array

__all__ = [
    "check_same_tree",
    "close",
    "depends_on",
    "guard",
    "guard_p",
    "has_effect",
    "intern",
    "is_known",
    "is_weak",
    "promoted",
    "record_body",
    "split",
    "to_carry_type",
    "zero_eqn",
]

# --- lists ----------------------------------------------------------------------------------------


def split(xs: Sequence[Any], *sizes: int) -> list[list[Any]]:
    """Cut a sequence into lists of the given sizes and the rest.

    Examples
    --------
    >>> split([1, 2, 3, 4], 1, 2)
    [[1], [2, 3], [4]]
    """
    parts, start = [], 0
    for n in sizes:
        parts.append(list(xs[start : start + n]))
        start += n
    return [*parts, list(xs[start:])]


def is_known(*args: Any) -> bool:
    """Tell whether all values are at hand: no tracers, and nothing is recording."""
    return current_state().omni is None and not any(isinstance(a, Tracer) for a in args)


# --- recording ------------------------------------------------------------------------------------

# Bodies recorded from the same lines with the same types are one jaxpr, so that what is derived
# from it (linearized, batched, compiled) is derived once though the user's function is new.
_interned: OrderedDict[Any, Jaxpr] = OrderedDict()
_MAX_INTERNED = 512
_lock = Lock()
_PLAIN = (int, float, complex, str, bytes, np.dtype, np.generic, Jaxpr, enum.Enum, Source)


def intern(jaxpr: Jaxpr) -> Jaxpr:
    """Return the one jaxpr that stands for all that are equal to this."""
    key = _structure(jaxpr)
    if key is None:
        return jaxpr
    with _lock:
        found = _interned.get(key)
        if found is None:
            found = _interned[key] = jaxpr
            if len(_interned) > _MAX_INTERNED:
                _interned.popitem(last=False)
        else:
            _interned.move_to_end(key)
    return found


def _structure(jaxpr: Jaxpr) -> Any:
    """Return a hashable description of a jaxpr, or None if a parameter holds user objects."""
    number: dict[Var, int] = {v: i for i, v in enumerate(jaxpr.invars)}

    def atom(a: Any) -> Any:
        if isinstance(a, Var):
            return number[a]
        value = np.asarray(a.value)
        return (value.dtype.char, value.tobytes(), a.aval.weak_type)

    parts: list[Any] = [tuple(v.aval for v in jaxpr.invars)]
    for e in jaxpr.eqns:
        if not all(_is_plain_param(p) for p in e.params.values()):
            return None
        inputs = tuple([atom(a) for a in e.inputs])
        for v in e.outvars:
            number[v] = len(number)
        avals = tuple([v.aval for v in e.outvars])
        parts.append((e.primitive, inputs, avals, tuple(e.params.items()), e.source))
    parts.append(tuple([atom(a) for a in jaxpr.outs]))
    key = tuple(parts)
    try:
        hash(key)
    except TypeError:
        return None
    return key


def _is_plain_param(p: Any) -> bool:
    """Tell whether a parameter is plain data, which may be kept alive."""
    if isinstance(p, tuple):
        return all(_is_plain_param(q) for q in p)
    return p is None or isinstance(p, _PLAIN)


def close(jaxpr: Jaxpr) -> Jaxpr:
    """Drop dead equations; all inputs stay."""
    pruned, _ = dce_jaxpr(jaxpr)
    return Jaxpr([], jaxpr.invars, pruned.eqns, pruned.outs)


def record_body(
    f: Callable[..., Sequence[Any]], avals: Sequence[ShapedArray], name: str
) -> tuple[Jaxpr, list[Any]]:
    """Record a flat function; what it closes over comes first, dead equations are dropped."""
    jaxpr, consts = trace_to_jaxpr(f, avals, name)
    n = len(consts)
    pruned, used = dce_jaxpr(jaxpr)
    kept = [v for v, u in zip(jaxpr.invars[:n], used[:n], strict=True) if u]
    body = Jaxpr([], kept + jaxpr.invars[n:], pruned.eqns, pruned.outs)
    return intern(body), [c for c, u in zip(consts, used[:n], strict=True) if u]


def has_effect(eqn: Eqn) -> bool:
    """Tell whether an equation has a side effect."""
    return eqn.primitive.effectful or any(j.effectful for j in subjaxprs(eqn))


def depends_on(jaxpr: Jaxpr, sources: Iterable[Var]) -> set[Var]:
    """Return the vars that depend on `sources`, themselves included."""
    found = set(sources)
    for eqn in jaxpr.eqns:
        if any(isinstance(a, Var) and a in found for a in eqn.inputs):
            found.update(eqn.outvars)
    return found


def zero_eqn(aval: ShapedArray) -> tuple[list[Eqn], Any]:
    """Return a zero of type `aval` as an atom, and the equations that make it."""
    zero = Literal(aval.dtype.type(0))
    if aval.shape == ():
        return [], zero
    out = Var(aval.strengthen())
    params = {"shape": aval.shape, "broadcast_dimensions": ()}
    return [Eqn(broadcast_in_dim_p, [zero], [out], params)], out


# --- types ----------------------------------------------------------------------------------------


def is_weak(x: Any) -> bool:
    """Tell whether `x` is a Python number or a tracer that stands for one."""
    return typeof(x).weak_type


def promoted(weak: ShapedArray, other: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype in which a Python number of type `weak` meets `other` (NEP 50)."""
    scalar = {"b": bool, "i": int, "f": float, "c": complex}[weak.dtype.kind](0)
    return np.result_type(scalar, other) if weak.dtype.kind != "b" else weak.dtype


def to_carry_type(x: Any, aval: ShapedArray) -> Any:
    """Let a Python number that a body returns take the dtype of the carry that it replaces."""
    got = typeof(x)
    if got.weak_type and got.dtype != aval.dtype and promoted(got, aval.dtype) == aval.dtype:
        return convert_if_needed(x, aval.dtype)
    return x


def check_same_tree(got: PyTreeDef, want: PyTreeDef, what: str, other: str) -> None:
    """Raise PytreeError unless the structures are equal."""
    if got != want:
        raise PytreeError(
            f"{what} has the structure\n  {got}\nbut {other} has the structure\n  {want}\n"
            f"{summarize(current_source())}; return a pytree of the same containers and keys"
        )


def flatten_arrays(tree: Any, what: str) -> tuple[list[Any], PyTreeDef]:
    """Flatten and check that the leaves are arrays."""
    leaves, treedef = tree_flatten(tree)
    return [check_array(x, what) for x in leaves], treedef


def predicate(x: Any, what: str) -> Any:
    """Check that what a user gave as a predicate is a scalar bool.

    Raises
    ------
    DTypeError
        If it is not.
    """
    leaves = tree_flatten(x)[0]
    if len(leaves) != 1 or tree_structure(x) != tree_structure(0):
        raise DTypeError(
            f"{what} must be one bool, got {tree_structure(x)} {summarize(current_source())}"
        )
    value = check_array(leaves[0], what)
    aval = typeof(value)
    if aval.shape != () or aval.dtype.kind != "b":
        hint = "reduce it with .all() or .any()" if aval.shape else "write a comparison (x != 0)"
        raise DTypeError(
            f"{what} must be a bool of shape (), got {aval} {summarize(current_source())}; {hint}"
        )
    return value


__all__ += ["flatten_arrays", "predicate"]

# --- guard: x, with a derivative only where the predicate holds -------------------------------------


def _guard_batch(size: int, args: Sequence[Any], batched: Sequence[bool]) -> Any:
    which, x = args
    x = x if batched[1] else materialize(x, size)
    if batched[0]:
        which = _spread(which, shape_of(x))
    elif shape_of(which):
        which = materialize(which, size)
    return bind(guard_p, which, x)


def _spread(which: Any, shape: tuple[int, ...]) -> Any:
    """Repeat a predicate along the trailing axes of `shape`."""
    return broadcast_in_dim(which, shape, range(len(shape_of(which))))


guard_p = Primitive(
    "guard",
    impl=lambda which, x: x,
    abstract_eval=lambda which, x: x.strengthen(),
    jvp=lambda ts, xs, o: None if ts[1] is None else select(xs[0], ts[1], full_like(o, 0)),
    batch=_guard_batch,
    lower=Scalar("{1}"),
)


def guard(which: Any, x: Any) -> Any:
    """Return `x`; derivatives pass only where `which` holds, which has leading axes of `x`.

    The value of ``select(which, x, stop_gradient(x))`` without its cost: an operation that is
    applied to lanes which will be thrown away cannot spoil the gradient by 0 * inf.
    """
    return bind(guard_p, _spread(which, shape_of(x)), x)
