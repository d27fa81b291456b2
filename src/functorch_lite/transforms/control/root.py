"""custom_root: roots of equations as implicit functions (Griewank & Walther 2008, chapter 15).

`root_p` carries jaxprs of the equation, of its solver and of the solver of the linearized
equation; its operands are their constants and the initial guess, on which the root does not
depend.
"""

from collections.abc import Callable, Sequence
from typing import Any

from ...errors import PytreeError
from ...ir import Jaxpr, Primitive, bind, convert_if_needed, eval_jaxpr, run_jaxpr, typeof
from ...prims.arithmetic import neg
from ...prims.lowering import Inline
from ...pytree import PyTreeDef, tree_unflatten
from ..batch import batch_jaxpr, materialize
from ..call import linearize_jaxpr
from ..dual import linearize_flat
from ..flatten import quiet
from ..transpose import instantiate
from .common import check_same_tree, flatten_arrays, record_body
from .solve import as_typed, operand_parts

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


def _root_batch(
    size: int,
    args: Sequence[Any],
    batched: Sequence[bool],
    *,
    jaxprs: tuple[Jaxpr, ...],
    lengths: tuple[int, ...],
) -> tuple[list[Any], list[bool]]:
    consts, guess = operand_parts(args, lengths)
    masks, guess_mask = operand_parts(batched, lengths)
    new_jaxprs, new_consts = [], []
    for jaxpr, part, mask in zip(jaxprs, consts, masks, strict=True):
        every = (True,) * (len(jaxpr.invars) - len(part))
        mapped, rule_consts, _ = batch_jaxpr(jaxpr, size, (*mask, *every), True)
        new_jaxprs.append(mapped)
        new_consts.append([*rule_consts, *part])
    full = [v if m else materialize(v, size) for v, m in zip(guess, guess_mask, strict=True)]
    outs = bind(
        root_p,
        *[c for part in new_consts for c in part],
        *full,
        jaxprs=tuple(new_jaxprs),
        lengths=tuple(len(part) for part in new_consts),
    )
    return outs, [True] * len(outs)


root_p = Primitive(
    "custom_root",
    impl=_root_impl,
    abstract_eval=lambda *avals, jaxprs, lengths: [a.strengthen() for a in jaxprs[1].out_avals],
    linearize=_root_linearize,
    batch=_root_batch,
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
    leaves, tree = flatten_arrays(initial_guess, "initial_guess of custom_root")
    avals = [typeof(x).strengthen() for x in leaves]
    leaves = [convert_if_needed(x, a.dtype) for x, a in zip(leaves, avals, strict=True)]
    aux_tree: list[PyTreeDef] = []

    def flat(out: Any, name: str) -> list[Any]:
        values, out_tree = flatten_arrays(out, f"what {name} returns")
        check_same_tree(out_tree, tree, f"what {name} returns", "initial_guess of custom_root")
        return as_typed(values, avals, f"what {name} returns")

    def flat_f(*xs: Any) -> list[Any]:
        return flat(f(tree_unflatten(tree, list(xs))), "f")

    def flat_solve(*xs: Any) -> list[Any]:
        out = solve(f, tree_unflatten(tree, list(xs)))
        if not has_aux:
            return flat(out, "solve")
        if not isinstance(out, tuple) or len(out) != 2:
            raise PytreeError("solve of custom_root must return a pair (x, aux) with has_aux=True")
        extra, extra_tree = flatten_arrays(out[1], "aux of solve")
        aux_tree.append(extra_tree)
        return flat(out[0], "solve") + extra

    def flat_tangent(*args: Any) -> list[Any]:
        x, y = args[: len(avals)], args[len(avals) :]
        _, jaxpr, residuals, out_nonzero = linearize_flat(flat_f, x, [True] * len(x))

        def g(t: Any) -> Any:
            ts, _ = flatten_arrays(t, "an argument of the linearized function")
            out = iter(eval_jaxpr(jaxpr, residuals, *as_typed(ts, avals, "a tangent")))
            found = [next(out) if nz else None for nz in out_nonzero]
            zeros = [instantiate(v, a) for v, a in zip(found, avals, strict=True)]
            return tree_unflatten(tree, zeros)

        return flat(tangent_solve(g, tree_unflatten(tree, list(y))), "tangent_solve")

    with quiet():
        recorded = [
            record_body(flat_f, avals, "custom_root"),
            record_body(flat_solve, avals, "solve of custom_root"),
            record_body(flat_tangent, [*avals, *avals], "tangent_solve of custom_root"),
        ]
        outs = bind(
            root_p,
            *[c for _, consts in recorded for c in consts],
            *leaves,
            jaxprs=tuple(jaxpr for jaxpr, _ in recorded),
            lengths=tuple(len(consts) for _, consts in recorded),
        )
    x = tree_unflatten(tree, outs[: len(leaves)])
    return (x, tree_unflatten(aux_tree[0], outs[len(leaves) :])) if has_aux else x
