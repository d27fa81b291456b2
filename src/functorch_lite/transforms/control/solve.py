"""custom_linear_solve: solutions of linear systems as implicit functions.

How a solution was found does not matter to its derivative: the implicit function theorem gives
it from the equation alone (Griewank & Walther 2008, chapter 15). `linear_solve_p` carries jaxprs
of the product, the transposed product, the solver and the transposed solver; its operands are
their constants and the right side, in which it is linear and its own derivative.
"""

from collections.abc import Callable, Sequence
from typing import Any

from ...errors import MissingRuleError
from ...ir import (
    Jaxpr,
    Linear,
    Primitive,
    ShapedArray,
    bind,
    eval_jaxpr,
    run_jaxpr,
    typeof,
)
from ...prims.arithmetic import neg
from ...prims.elementwise import add_any
from ...prims.lowering import Inline
from ..call import linearize_jaxpr
from ..flatten import quiet
from ..transpose import instantiate, transpose_jaxpr
from .common import record_body
from .implicit import Recorded, Unknown, batch_recorded, bind_recorded, operand_parts

__all__ = ["custom_linear_solve", "linear_solve_p"]


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
    outs = bind_recorded(
        linear_solve_p,
        [(jaxprs[i], consts[i]) for i in swap],
        rhs,
        n_aux=len(jaxprs[3].outs) - len(b),
    )
    return [None] * sum(lengths) + outs[: len(b)]


linear_solve_p: Primitive = Primitive(
    "custom_linear_solve",
    impl=_solve_impl,
    abstract_eval=_solve_abstract,
    linearize=_solve_linearize,
    transpose=_solve_transpose,
    batch=batch_recorded(lambda: linear_solve_p),
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
    unknown = Unknown(b, "b of custom_linear_solve", has_aux)

    def as_function(recorded: Recorded) -> Callable[[Any], Any]:
        jaxpr, consts = recorded

        def f(x: Any) -> Any:
            values = unknown.flatten(x, "a vector of custom_linear_solve")
            return unknown.build(eval_jaxpr(jaxpr, (), *consts, *values))

        return f

    def record_solver(solver: Callable[..., Any], name: str, product: Recorded) -> Recorded:
        return unknown.record_solver(lambda y: solver(as_function(product), y), name)

    with quiet():
        product = unknown.record(matvec, "matvec")
        solver = record_solver(solve, "solve", product)
        parts = [product, product, solver]
        if symmetric:
            parts.append(solver)
        elif transpose_solve is not None:
            parts[1] = _transposed_product(*product, unknown.avals)
            parts.append(record_solver(transpose_solve, "transpose_solve", parts[1]))
        n_aux = len(solver[0].outs) - len(unknown)
        outs = bind_recorded(linear_solve_p, parts, unknown.leaves, n_aux=n_aux)
    return unknown.result(outs)


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
