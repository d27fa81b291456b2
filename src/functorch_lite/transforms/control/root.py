"""custom_root: roots of equations as implicit functions (Griewank & Walther 2008, chapter 15).

`root_p` carries jaxprs of the equation, of its solver and of the solver of the linearized
equation; its operands are their constants and the initial guess, on which the root does not
depend.
"""

from collections.abc import Callable, Sequence
from typing import Any

from ...ir import Jaxpr, Primitive, bind, eval_jaxpr, run_jaxpr, typeof
from ...prims.arithmetic import neg
from ...prims.lowering import Inline
from ..call import linearize_jaxpr
from ..dual import linearize_flat
from ..flatten import quiet
from ..transpose import instantiate
from .common import record_body
from .implicit import Unknown, batch_recorded, bind_recorded, operand_parts

__all__ = ["custom_root", "root_p"]


def _root_impl(*args: Any, jaxprs: tuple[Jaxpr, ...], lengths: tuple[int, ...]) -> list[Any]:
    consts, guess = operand_parts(args, lengths)
    return run_jaxpr(jaxprs[1], [*consts[1], *guess])


def _root_linearize(
    nonzero: Sequence[bool],
    primals: Sequence[Any],
    *,
    jaxprs: tuple[Jaxpr, ...],
    lengths: tuple[int, ...],
) -> tuple[list[Any], Callable[..., Any]]:
    """f(p, x) = 0: dx = -(df/dx)^-1 df/dp dp."""
    outs = bind(root_p, *primals, jaxprs=jaxprs, lengths=lengths)
    consts, guess = operand_parts(primals, lengths)
    x = outs[: len(guess)]
    p_nonzero = tuple(nonzero[: lengths[0]])
    if not any(p_nonzero):
        return outs, lambda tangents: [None] * len(outs)
    parts = linearize_jaxpr(jaxprs[0], (*p_nonzero, *[False] * len(x)))
    values = eval_jaxpr(parts.forward, (), *parts.consts, *consts[0], *x)
    residuals = values[parts.n_outs :]

    def linear(tangents: Sequence[Any]) -> list[Any]:
        if not any(parts.out_nonzero):
            return [None] * len(outs)
        given = [
            instantiate(t, typeof(c).strengthen())
            for t, c, nz in zip(tangents, consts[0], p_nonzero, strict=False)
            if nz
        ]
        ts = iter(eval_jaxpr(parts.linear, (), *residuals, *given))
        rhs = [
            neg(next(ts)) if nz else instantiate(None, typeof(v).strengthen())
            for nz, v in zip(parts.out_nonzero, x, strict=True)
        ]
        dx = eval_jaxpr(jaxprs[2], (), *consts[2], *x, *rhs)
        return [*dx, *[None] * (len(outs) - len(x))]

    return outs, linear


root_p: Primitive = Primitive(
    "custom_root",
    impl=_root_impl,
    abstract_eval=lambda *avals, jaxprs, lengths: [a.strengthen() for a in jaxprs[1].out_avals],
    linearize=_root_linearize,
    batch=batch_recorded(lambda: root_p),
    lower=Inline("root"),
    multiple_results=True,
)


def custom_root(
    f: Callable[[Any], Any],
    initial_guess: Any,
    solve: Callable[[Callable[[Any], Any], Any], Any],
    tangent_solve: Callable[[Callable[[Any], Any], Any], Any],
    has_aux: bool = False,
) -> Any:
    """Find a root of `f` with a solver of your own, differentiated implicitly.

    Parameters
    ----------
    f : callable
        Maps pytrees like `initial_guess` to pytrees like it; what it closes over can be
        differentiated.
    initial_guess : pytree
        Where the solver starts; the root does not depend on it.
    solve : callable
        ``solve(f, initial_guess) -> x`` with ``f(x) = 0``; need not be differentiable.
    tangent_solve : callable
        ``tangent_solve(g, y) -> x`` with ``g(x) = y`` for linear g, and linear in y: for scalars
        ``lambda g, y: y / g(1.0)``, for vectors
        ``lambda g, y: np.linalg.solve(jacobian(g)(y), y)`` or `custom_linear_solve`.
    has_aux : bool
        Whether `solve` returns ``(x, aux)``.

    Returns
    -------
    x : pytree
        The root; or ``(x, aux)``.

    Raises
    ------
    PytreeError, ShapeError
        If a function does not return trees like `initial_guess`.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> def root(a):
    ...     return custom_root(
    ...         lambda x: x * x - a, 1.0, lambda f, x0: a**0.5, lambda g, y: y / g(1.0)
    ...     )
    >>> float(root(4.0)), float(fl.grad(root)(4.0))
    (2.0, 0.25)
    """
    unknown = Unknown(initial_guess, "initial_guess of custom_root", has_aux)

    def flat_f(*xs: Any) -> list[Any]:
        return unknown.flatten(f(unknown.build(xs)), "what f returns")

    def flat_tangent(*args: Any) -> list[Any]:
        x, y = args[: len(unknown)], args[len(unknown) :]
        _, jaxpr, residuals, out_nonzero = linearize_flat(flat_f, x, [True] * len(x))

        def g(t: Any) -> Any:
            ts = unknown.flatten(t, "a tangent")
            out = iter(eval_jaxpr(jaxpr, residuals, *ts))
            found = [next(out) if nz else None for nz in out_nonzero]
            return unknown.build(
                [instantiate(v, a) for v, a in zip(found, unknown.avals, strict=True)]
            )

        solution = tangent_solve(g, unknown.build(y))
        return unknown.flatten(solution, "what tangent_solve returns")

    with quiet():
        recorded = [
            unknown.record(f, "f"),
            unknown.record_solver(lambda x: solve(f, x), "solve"),
            record_body(flat_tangent, unknown.avals * 2, "tangent_solve of custom_root"),
        ]
        outs = bind_recorded(root_p, recorded, unknown.leaves)
    return unknown.result(outs)
