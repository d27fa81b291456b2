"""Recording the bodies that users write: types of carries, types of branches, error messages."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...errors import DTypeError, ShapeError
from ...ir import (
    Jaxpr,
    ShapedArray,
    Tracer,
    Var,
    convert_if_needed,
    current_source,
    summarize,
    typeof,
)
from ...pytree import PyTreeDef, keystr, tree_flatten_with_path, tree_unflatten
from ..flatten import function_name
from .common import check_same_tree, flatten_arrays, intern, promoted, record_body, to_carry_type

__all__ = ["Branches", "as_operand", "record_branches", "record_carry", "stack_length"]

Body = Callable[[Any, Sequence[Any]], tuple[Any, list[Any]]]


# --- carries --------------------------------------------------------------------------------------


def record_carry(
    body: Body, init: Any, avals: Sequence[ShapedArray], what: str
) -> tuple[Jaxpr, list[Any], list[Any], PyTreeDef]:
    """Record a loop body and make sure that it returns a carry of the type that it takes.

    A carry that starts as a Python number takes the dtype that the body gives it.

    Parameters
    ----------
    body : callable
        ``body(carry, others) -> (carry, list of other results)``.
    init : pytree
        The initial carry.
    avals : sequence of ShapedArray
        Of the other inputs.
    what : str
        Names the body in messages.

    Returns
    -------
    jaxpr : Jaxpr
        (consts, carry, others) to (carry, other results).
    consts : list
        What the body closes over.
    leaves : list
        The initial carry, converted.
    treedef : PyTreeDef
        Its structure.

    Raises
    ------
    DTypeError, ShapeError, PytreeError
        Naming the leaf of the carry.
    """
    leaves, treedef = flatten_arrays(init, f"the initial carry of {what}")
    k = len(leaves)

    def flat(*args: Any) -> list[Any]:
        out, others = body(tree_unflatten(treedef, args[:k]), args[k:])
        carry, out_tree = flatten_arrays(out, f"the carry that {what} returns")
        check_same_tree(out_tree, treedef, f"the carry that {what} returns", "the initial carry")
        given = zip(carry, args[:k], strict=True)
        return [to_carry_type(o, typeof(a)) for o, a in given] + list(others)

    while True:
        ins = [typeof(x) for x in leaves]
        jaxpr, consts = record_body(flat, [*ins, *avals], what)
        wanted = [_starting_dtype(a, o) for a, o in zip(ins, jaxpr.out_avals, strict=False)]
        if wanted == [a.dtype for a in ins]:
            break
        leaves = [
            x if d == a.dtype else _strong(x, d)
            for x, a, d in zip(leaves, ins, wanted, strict=True)
        ]
    _check_carry(init, ins, jaxpr.out_avals[:k], what)
    return jaxpr, consts, [as_operand(x) for x in leaves], treedef


def as_operand(x: Any) -> Any:
    """Return a Python number as an array."""
    return x if isinstance(x, Tracer | np.ndarray) else np.asarray(x)


def _strong(x: Any, dtype: np.dtype[Any]) -> Any:
    """Convert, also a Python number, to an array type that does not give way."""
    return convert_if_needed(x, dtype)


def _starting_dtype(start: ShapedArray, end: ShapedArray) -> np.dtype[Any]:
    """Return the dtype in which a carry must start, given what the body made of it."""
    if start.weak_type and start.shape == end.shape:
        return promoted(start, end.dtype)
    return start.dtype


def _check_carry(
    init: Any, ins: Sequence[ShapedArray], outs: Sequence[ShapedArray], what: str
) -> None:
    """Raise for the first leaf whose type changes."""
    paths = [keystr(p) for p, _ in tree_flatten_with_path(init)[0]]
    for path, a, o in zip(paths, ins, outs, strict=True):
        if (a.shape, a.dtype) == (o.shape, o.dtype):
            continue
        leaf = f"carry{path}"
        message = (
            f"{what} must return a carry of the type that it takes, but {leaf} goes in as "
            f"{_show(a)} and comes out as {_show(o)} {summarize(current_source())}.\n"
        )
        if a.shape != o.shape:
            raise ShapeError(
                f"{message}Start with an array of shape {o.shape} (np.zeros({o.shape})), or keep "
                f"the shape {a.shape} in the body; append to the outputs what grows."
            )
        raise DTypeError(
            f"{message}Convert the initial value ({leaf}.astype({o.dtype.name!r})), or what the "
            f"body returns (.astype({a.dtype.name!r}))."
        )


def _show(a: ShapedArray) -> str:
    return f"{a.dtype.name}[{','.join(map(str, a.shape))}]"


def stack_length(xs: Any, leaves: Sequence[Any], length: Any, what: str) -> int:
    """Return the number of steps that stacked operands and `length` ask for.

    Raises
    ------
    ShapeError
        If they disagree, naming the leaves, or if there are neither.
    """
    sizes: dict[str, int] = {}
    paths = [keystr(p) for p, _ in tree_flatten_with_path(xs)[0]]
    for path, x in zip(paths, leaves, strict=True):
        shape = typeof(x).shape
        if not shape:
            raise ShapeError(
                f"{what}: xs{path} is a scalar; it needs a leading axis to loop over "
                f"{summarize(current_source())}. Close over it, or put it into the carry."
            )
        sizes[f"xs{path}"] = shape[0]
    found = set(sizes.values())
    if length is not None:
        length = length.__index__()
        if length < 0:
            raise ShapeError(f"{what}: length must not be negative, got {length}")
        found.add(length)
    if not found:
        raise ShapeError(
            f"{what}: there is nothing to loop over; pass xs or length "
            f"{summarize(current_source())}"
        )
    if len(found) > 1:
        listed = ", ".join(f"{k}: {v}" for k, v in sizes.items())
        given = "" if length is None else f", length={length}"
        raise ShapeError(
            f"{what}: leading axes differ: {listed}{given} {summarize(current_source())}"
        )
    return found.pop()


# --- branches -------------------------------------------------------------------------------------


class Branches:
    """Recorded branches with joined results.

    Attributes
    ----------
    jaxprs : tuple of Jaxpr
        Each from (consts, operands) to results of the same types.
    consts : list
        What the branches close over.
    out_tree : PyTreeDef
        Structure of the results.
    out_avals : list of ShapedArray
        Types of the results.
    """

    def __init__(
        self,
        jaxprs: tuple[Jaxpr, ...],
        consts: list[Any],
        out_tree: PyTreeDef,
        out_avals: list[ShapedArray],
    ) -> None:
        self.jaxprs = jaxprs
        self.consts = consts
        self.out_tree = out_tree
        self.out_avals = out_avals


def record_branches(
    functions: Sequence[Callable[..., Any]],
    tree: PyTreeDef,
    avals: Sequence[ShapedArray],
    what: str,
) -> Branches:
    """Record all branches and join the types of what they return.

    Raises
    ------
    PytreeError, ShapeError, DTypeError
        Naming the branches and the leaf that differ.
    """
    roles = (
        ["false_fun", "true_fun"]
        if what == "cond"
        else [f"branch {i}" for i in range(len(functions))]
    )
    names = [f"{r} ({function_name(f)}) of {what}" for r, f in zip(roles, functions, strict=True)]
    trees: list[PyTreeDef] = []
    samples: list[Any] = []
    outs: list[list[ShapedArray]] = []

    def flat(f: Callable[..., Any], name: str, dtypes: Any) -> Callable[..., list[Any]]:
        def call(*leaves: Any) -> list[Any]:
            out = f(*tree_unflatten(tree, leaves))
            values, out_tree = flatten_arrays(out, f"what {name} returns")
            if dtypes is None:
                trees.append(out_tree)
                samples.append(tree_unflatten(out_tree, list(range(len(values)))))
                return values
            return [convert_if_needed(v, d) for v, d in zip(values, dtypes, strict=True)]

        return call

    recorded = []
    for f, name in zip(functions, names, strict=True):
        recorded.append(record_body(flat(f, name, None), avals, what))
        outs.append(recorded[-1][0].out_avals)
        check_same_tree(trees[-1], trees[0], f"what {name} returns", f"what {names[0]} returns")
    paths = [keystr(p) for p, _ in tree_flatten_with_path(samples[0])[0]]
    joined = [
        _join(leaf, path, names) for leaf, path in zip(zip(*outs, strict=True), paths, strict=True)
    ]
    dtypes = [a.dtype for a in joined]
    for i, (f, name) in enumerate(zip(functions, names, strict=True)):
        if [a.dtype for a in outs[i]] != dtypes:
            recorded[i] = record_body(flat(f, name, dtypes), avals, what)
    jaxprs, consts = _share_consts(recorded, len(avals))
    return Branches(jaxprs, consts, trees[0], joined)


def _join(avals: Sequence[ShapedArray], path: str, names: Sequence[str]) -> ShapedArray:
    """Return the common type of one result leaf."""
    first = avals[0]
    for a, name in zip(avals, names, strict=True):
        if a.shape != first.shape:
            raise ShapeError(
                f"{names[0]} returns {_show(first)} for output{path}, but {name} returns "
                f"{_show(a)} {summarize(current_source())}; branches must agree"
            )
    strong = [i for i, a in enumerate(avals) if not a.weak_type]
    decides = strong[0] if strong else 0
    dtype = avals[decides].dtype if strong else np.result_type(*[a.dtype for a in avals])
    for a, name in zip(avals, names, strict=True):
        fits = a.dtype == dtype or (a.weak_type and promoted(a, dtype) == dtype)
        if not fits:
            raise DTypeError(
                f"{names[decides]} returns {_show(avals[decides])} for output{path}, but {name} "
                f"returns {_show(a)} {summarize(current_source())}; branches must agree: convert "
                f"one with .astype({dtype.name!r}) or .astype({a.dtype.name!r})"
            )
    weak = all(a.weak_type for a in avals)
    return ShapedArray(first.shape, dtype, weak)


def _share_consts(
    recorded: Sequence[tuple[Jaxpr, list[Any]]], n_operands: int
) -> tuple[tuple[Jaxpr, ...], list[Any]]:
    """Let all branches take the constants of all, each once."""
    unique: dict[int, Any] = {}
    for _, consts in recorded:
        unique.update({id(c): c for c in consts})
    order = {key: i for i, key in enumerate(unique)}
    values = list(unique.values())
    jaxprs = []
    for jaxpr, consts in recorded:
        invars = [Var(typeof(c)) for c in values]
        for v, c in zip(jaxpr.invars, consts, strict=False):
            invars[order[id(c)]] = v
        rest = jaxpr.invars[len(consts) :]
        assert len(rest) == n_operands
        jaxprs.append(intern(Jaxpr([], invars + rest, jaxpr.eqns, jaxpr.outs)) if values else jaxpr)
    return tuple(jaxprs), values
