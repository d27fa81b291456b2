"""custom_linear_solve: solutions of linear systems as implicit functions.

How a solution was found does not matter to its derivative: the implicit function theorem gives
it from the equation alone (Griewank & Walther 2008, chapter 15). `linear_solve_p` carries jaxprs
of the product, the transposed product, the solver and the transposed solver; its operands are
their constants and the right side, in which it is linear and its own derivative.
"""

from collections.abc import Callable, Sequence
from typing import Any

from ...errors import MissingRuleError, PytreeError, ShapeError
from ...ir import (
    Jaxpr,
    Linear,
    Primitive,
    ShapedArray,
    bind,
    convert_if_needed,
    current_source,
    eval_jaxpr,
    run_jaxpr,
    shape_of,
    summarize,
    typeof,
)
from ...prims.arithmetic import neg
from ...prims.elementwise import add_any
from ...prims.lowering import Inline
from ...pytree import PyTreeDef, tree_unflatten
from ..batch import batch_jaxpr, materialize
from ..call import linearize_jaxpr
from ..flatten import quiet
from ..transpose import instantiate, transpose_jaxpr
from .common import check_same_tree, flatten_arrays, record_body, split

__all__ = ["as_typed", "custom_linear_solve", "linear_solve_p", "operand_parts"]


def as_typed(values: Sequence[Any], avals: Sequence[ShapedArray], what: str) -> list[Any]:
    """Check shapes, and give Python numbers the dtypes that are wanted."""
    out = []
    for v, a in zip(values, avals, strict=True):
        if shape_of(v) != a.shape:
            raise ShapeError(
                f"{what} has shape {shape_of(v)}, expected {a.shape} {summarize(current_source())}"
            )
        out.append(convert_if_needed(v, a.dtype))
    return out


def operand_parts(
    args: Sequence[Any], lengths: tuple[int, ...]
) -> tuple[list[list[Any]], list[Any]]:
    """Cut operands into the constants of each jaxpr and the right side."""
    *consts, b = split(args, *lengths)
    return consts, b


def _solve_impl(
    *args: Any, jaxprs: tuple[Jaxpr, ...], lengths: tuple[int, ...], n_aux: int
) -> list[Any]:
    consts, b = operand_parts(args, lengths)
    return run_jaxpr(jaxprs[2], [*consts[2], *b])


def _solve_abstract(
    *avals: ShapedArray, jaxprs: tuple[Jaxpr, ...], lengths: tuple[int, ...], n_aux: int
) -> list[ShapedArray]:
    return [a.strengthen() for a in jaxprs[2].out_avals]


def _solve_linearize(
    nonzero: Sequence[bool],
    primals: Sequence[Any],
    *,
    jaxprs: tuple[Jaxpr, ...],
    lengths: tuple[int, ...],
    n_aux: int,
) -> tuple[list[Any], Callable[..., Any]]:
    """A x = b: dx solves A dx = db - dA x."""
    params: dict[str, Any] = {"jaxprs": jaxprs, "lengths": lengths, "n_aux": n_aux}
    outs = bind(linear_solve_p, *primals, **params)
    consts, b = operand_parts(primals, lengths)
    x = outs[: len(b)]
    a_nonzero = tuple(nonzero[: lengths[0]])
    pushed: Any = None
    if any(a_nonzero):
        parts = linearize_jaxpr(jaxprs[0], (*a_nonzero, *[False] * len(b)))
        values = eval_jaxpr(parts.forward, (), *parts.consts, *consts[0], *x)
        pushed = parts, values[parts.n_outs :]

    def linear(tangents: Sequence[Any]) -> list[Any]:
        rhs = list(tangents[len(tangents) - len(b) :])
        if pushed is not None:
            parts, residuals = pushed
            given = [
                instantiate(t, typeof(c).strengthen())
                for t, c, nz in zip(tangents, consts[0], a_nonzero, strict=False)
                if nz
            ]
            ts = iter(eval_jaxpr(parts.linear, (), *residuals, *given))
            moved = [next(ts) if nz else None for nz in parts.out_nonzero]
            rhs = [
                add_any(r, None if m is None else neg(m)) for r, m in zip(rhs, moved, strict=True)
            ]
        if all(r is None for r in rhs):
            return [None] * len(outs)
        full = [instantiate(r, typeof(v).strengthen()) for r, v in zip(rhs, x, strict=True)]
        flat_consts = [c for part in consts for c in part]
        dx = bind(linear_solve_p, *flat_consts, *full, **params)
        return [*dx[: len(b)], *[None] * n_aux]

    return outs, linear


def _solve_transpose(
    cts: Sequence[Any],
    *args: Any,
    jaxprs: tuple[Jaxpr, ...],
    lengths: tuple[int, ...],
    n_aux: int,
) -> list[Any]:
    if len(jaxprs) < 4:
        raise MissingRuleError(
            "reverse mode through custom_linear_solve needs the transposed system: pass "
            "transpose_solve, or symmetric=True if the matrix is"
        )
    consts, b = operand_parts(args, lengths)
    avals = [v.aval if isinstance(v, Linear) else typeof(v) for v in b]
    rhs = [instantiate(ct, a.strengthen()) for ct, a in zip(cts, avals, strict=False)]
    swap = (1, 0, 3, 2)
    outs = bind(
        linear_solve_p,
        *[c for i in swap for c in consts[i]],
        *rhs,
        jaxprs=tuple(jaxprs[i] for i in swap),
        lengths=tuple(lengths[i] for i in swap),
        n_aux=len(jaxprs[3].outs) - len(b),
    )
    return [None] * sum(lengths) + outs[: len(b)]


def _solve_batch(
    size: int,
    args: Sequence[Any],
    batched: Sequence[bool],
    *,
    jaxprs: tuple[Jaxpr, ...],
    lengths: tuple[int, ...],
    n_aux: int,
) -> tuple[list[Any], list[bool]]:
    """Batch all four jaxprs; the vectors are mapped."""
    consts, b = operand_parts(args, lengths)
    masks, b_mask = operand_parts(batched, lengths)
    every = (True,) * len(b)
    new_jaxprs, new_consts = [], []
    for jaxpr, part, mask in zip(jaxprs, consts, masks, strict=True):
        mapped, rule_consts, _ = batch_jaxpr(jaxpr, size, (*mask, *every), True)
        new_jaxprs.append(mapped)
        new_consts.append([*rule_consts, *part])
    full = [v if m else materialize(v, size) for v, m in zip(b, b_mask, strict=True)]
    outs = bind(
        linear_solve_p,
        *[c for part in new_consts for c in part],
        *full,
        jaxprs=tuple(new_jaxprs),
        lengths=tuple(len(part) for part in new_consts),
        n_aux=n_aux,
    )
    return outs, [True] * len(outs)


linear_solve_p = Primitive(
    "custom_linear_solve",
    impl=_solve_impl,
    abstract_eval=_solve_abstract,
    linearize=_solve_linearize,
    transpose=_solve_transpose,
    batch=_solve_batch,
    lower=Inline("solve"),
    multiple_results=True,
)


def custom_linear_solve(
    matvec: Callable[[Any], Any],
    b: Any,
    solve: Callable[[Callable[[Any], Any], Any], Any],
    transpose_solve: Callable[[Callable[[Any], Any], Any], Any] | None = None,
    symmetric: bool = False,
    has_aux: bool = False,
) -> Any:
    """Solve a linear system with a solver of your own, differentiated implicitly.

    Parameters
    ----------
    matvec : callable
        The linear function x -> A x; what it closes over can be differentiated.
    b : pytree
        The right side; `matvec` maps such trees to such trees.
    solve : callable
        ``solve(matvec, b) -> x``; need not be differentiable.
    transpose_solve : callable, optional
        ``transpose_solve(vecmat, b)`` solves the transposed system; reverse mode needs it.
    symmetric : bool
        Promise that A is its own transpose; `solve` then serves both.
    has_aux : bool
        Whether the solvers return ``(x, aux)``.

    Returns
    -------
    x : pytree
        Like `b`; or ``(x, aux)``.

    Raises
    ------
    PytreeError, ShapeError
        If `matvec` or a solver does not map trees like `b` to trees like `b`.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> def half(a, b):
    ...     return custom_linear_solve(lambda x: a * x, b, lambda mv, b: b / a, symmetric=True)
    >>> float(half(2.0, 6.0)), float(fl.grad(half)(2.0, 6.0))
    (3.0, -1.5)
    """
    leaves, tree = flatten_arrays(b, "b of custom_linear_solve")
    avals = [typeof(x).strengthen() for x in leaves]
    leaves = [convert_if_needed(x, a.dtype) for x, a in zip(leaves, avals, strict=True)]
    aux_trees: list[PyTreeDef] = []

    def apply(f: Callable[..., Any], name: str, *args: Any, aux: bool = False) -> list[Any]:
        out = f(*args)
        extra: list[Any] = []
        if aux:
            if not isinstance(out, tuple) or len(out) != 2:
                raise PytreeError(f"{name} must return a pair (x, aux) with has_aux=True")
            extra, aux_tree = flatten_arrays(out[1], f"aux of {name}")
            aux_trees.append(aux_tree)
            out = out[0]
        values, out_tree = flatten_arrays(out, f"what {name} returns")
        check_same_tree(out_tree, tree, f"what {name} returns", "b of custom_linear_solve")
        return as_typed(values, avals, f"what {name} returns") + extra

    def as_function(jaxpr: Jaxpr, consts: Sequence[Any]) -> Callable[[Any], Any]:
        def f(x: Any) -> Any:
            values, x_tree = flatten_arrays(x, "a vector of custom_linear_solve")
            check_same_tree(x_tree, tree, "a vector", "b of custom_linear_solve")
            values = as_typed(values, avals, "a vector of custom_linear_solve")
            return tree_unflatten(tree, eval_jaxpr(jaxpr, (), *consts, *values))

        return f

    def record_solver(solver: Any, name: str, product: Any) -> tuple[Jaxpr, list[Any]]:
        def f(*xs: Any) -> list[Any]:
            return apply(solver, name, product, tree_unflatten(tree, list(xs)), aux=has_aux)

        return record_body(f, avals, name)

    with quiet():
        mv_jaxpr, mv_consts = record_body(
            lambda *xs: apply(matvec, "matvec", tree_unflatten(tree, list(xs))), avals, "matvec"
        )
        product = as_function(mv_jaxpr, mv_consts)
        s_jaxpr, s_consts = record_solver(solve, "solve", product)
        jaxprs, consts = [mv_jaxpr, mv_jaxpr, s_jaxpr], [mv_consts, mv_consts, s_consts]
        if symmetric:
            jaxprs.append(s_jaxpr)
            consts.append(s_consts)
        elif transpose_solve is not None:
            vm_jaxpr, vm_consts = _transposed_product(mv_jaxpr, mv_consts, avals)
            jaxprs[1], consts[1] = vm_jaxpr, vm_consts
            t_jaxpr, t_consts = record_solver(
                transpose_solve, "transpose_solve", as_function(vm_jaxpr, vm_consts)
            )
            jaxprs.append(t_jaxpr)
            consts.append(t_consts)
        outs = bind(
            linear_solve_p,
            *[c for part in consts for c in part],
            *leaves,
            jaxprs=tuple(jaxprs),
            lengths=tuple(len(part) for part in consts),
            n_aux=len(s_jaxpr.outs) - len(leaves),
        )
    x = tree_unflatten(tree, outs[: len(leaves)])
    return (x, tree_unflatten(aux_trees[0], outs[len(leaves) :])) if has_aux else x


def _transposed_product(
    jaxpr: Jaxpr, consts: list[Any], avals: Sequence[ShapedArray]
) -> tuple[Jaxpr, list[Any]]:
    """Return the product with the transposed matrix, as a recorded function."""
    n = len(consts)
    mask = (False,) * n + (True,) * len(avals)
    pulled, rule_consts, in_nonzero = transpose_jaxpr(jaxpr, mask, (True,) * len(avals))

    def f(*cts: Any) -> list[Any]:
        out = iter(eval_jaxpr(pulled, (), *rule_consts, *consts, *cts))
        found = [next(out) if nz else None for nz in in_nonzero]
        return [instantiate(ct, a) for ct, a in zip(found, avals, strict=True)]

    return record_body(f, avals, "vecmat")
