"""Transposing linear jaxprs: walking them backwards, from output to input cotangents."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import NonDifferentiableError
from ..ir import (
    Jaxpr,
    Linear,
    Literal,
    Recorder,
    ShapedArray,
    Var,
    backward_of,
    summarize,
    trace_to_jaxpr,
)
from ..prims.elementwise import add_any

__all__ = ["backward_pass", "transpose_flat", "transpose_jaxpr"]


def backward_pass(jaxpr: Jaxpr, consts: Sequence[Any], cts: Sequence[Any]) -> list[Any]:
    """Transpose a jaxpr that is linear in its invars.

    Parameters
    ----------
    jaxpr : Jaxpr
        Linear; constvars are the residuals. Every equation must depend on an invar.
    consts : sequence
        Residuals.
    cts : sequence
        A cotangent, or None for zero, for each output.

    Returns
    -------
    list
        A cotangent or None for each invar.
    """
    known: dict[Var, Any] = dict(zip(jaxpr.constvars, consts, strict=True))
    ct_of: dict[Var, Any] = {}
    for out, ct in zip(jaxpr.outs, cts, strict=True):
        if ct is not None and isinstance(out, Var) and out not in known:
            ct_of[out] = add_any(ct_of.get(out), ct)
    for eqn in reversed(jaxpr.eqns):
        out_cts = [ct_of.pop(v, None) for v in eqn.outvars]
        if all(ct is None for ct in out_cts):
            continue
        args = [
            a.value if isinstance(a, Literal) else known[a] if a in known else Linear(a.aval)
            for a in eqn.inputs
        ]
        ct = out_cts if eqn.primitive.multiple_results else out_cts[0]
        with backward_of(eqn.source):
            in_cts = eqn.primitive.transpose(ct, *args, **eqn.params)
            for a, in_ct in zip(eqn.inputs, in_cts, strict=True):
                if in_ct is not None and isinstance(a, Var):
                    ct_of[a] = add_any(ct_of.get(a), in_ct)
    return [ct_of.get(v) for v in jaxpr.invars]


def transpose_flat(
    f: Callable[..., Sequence[Any]], in_avals: Sequence[ShapedArray], cts: Sequence[Any]
) -> list[Any]:
    """Transpose a flat linear function: what is not linear in it is computed at once.

    Raises
    ------
    NonDifferentiableError
        If `f` is not linear.
    """
    with Recorder("linear_transpose", omnistaging=False) as rec:
        args = [rec.new_arg(a) for a in in_avals]
        outs = f(*args)
    jaxpr, consts = rec.to_jaxpr(args, outs)
    _check_linear(jaxpr)
    return backward_pass(jaxpr, consts, cts)


def _check_linear(jaxpr: Jaxpr) -> None:
    """Raise if some equation has no transpose, naming the user's line."""
    from ..ir import not_linear

    for eqn in jaxpr.eqns:
        if eqn.primitive.transpose is not_linear:
            raise NonDifferentiableError(
                f"a function to be transposed is not linear: it applies {eqn.primitive.name} to "
                f"its input {summarize(eqn.source)}. Linearize it first: "
                "functorch_lite.linearize(f, x) or functorch_lite.vjp(f, x)."
            )


def transpose_jaxpr(
    jaxpr: Jaxpr, linear: tuple[bool, ...], ct_nonzero: tuple[bool, ...]
) -> tuple[Jaxpr, list[Any], list[bool]]:
    """Transpose a closed jaxpr in its `linear` inputs, as a closed jaxpr.

    The result maps (constants, other inputs, nonzero cotangents of the outputs) to the
    cotangents of the linear inputs that have one. Work that does not depend on a linear input is
    done inside it.

    Returns
    -------
    jaxpr : Jaxpr
        The transposed program, remembered on the original.
    consts : list
        Constants that the rules made, to be passed first.
    in_nonzero : list of bool
        For each linear input, whether it gets a cotangent.
    """
    key = ("transpose", linear, ct_nonzero)
    if key not in jaxpr.memo:
        jaxpr.memo[key] = _transpose_jaxpr(jaxpr, linear, ct_nonzero)
    return jaxpr.memo[key]


def _transpose_jaxpr(
    jaxpr: Jaxpr, linear: tuple[bool, ...], ct_nonzero: tuple[bool, ...]
) -> tuple[Jaxpr, list[Any], list[bool]]:
    from ..ir import eval_jaxpr

    lin_avals = [v.aval for v, lin in zip(jaxpr.invars, linear, strict=True) if lin]
    known_avals = [v.aval for v, lin in zip(jaxpr.invars, linear, strict=True) if not lin]
    ct_avals = [o.aval.strengthen() for o, nz in zip(jaxpr.outs, ct_nonzero, strict=True) if nz]
    in_nonzero: list[bool] = []

    def transposed(*args: Any) -> list[Any]:
        known, given = args[: len(known_avals)], iter(args[len(known_avals) :])
        cts = [next(given) if nz else None for nz in ct_nonzero]

        def f(*xs: Any) -> list[Any]:
            knowns, linears = iter(known), iter(xs)
            return eval_jaxpr(
                jaxpr, (), *[next(linears) if lin else next(knowns) for lin in linear]
            )

        in_cts = transpose_flat(f, lin_avals, cts)
        in_nonzero.extend(ct is not None for ct in in_cts)
        return [ct for ct in in_cts if ct is not None]

    out, consts = trace_to_jaxpr(transposed, known_avals + ct_avals, "transpose")
    return out, consts, in_nonzero


def instantiate(ct: Any, aval: ShapedArray) -> Any:
    """Turn a symbolic zero into an array."""
    return np.zeros(aval.shape, aval.dtype) if ct is None else ct


def apply_linear(jaxpr: Jaxpr, residuals: Sequence[Any], tangents: Sequence[Any]) -> list[Any]:
    """Evaluate a linear jaxpr on tangents."""
    from ..ir import eval_jaxpr

    return eval_jaxpr(jaxpr, residuals, *tangents)


__all__ += ["apply_linear", "instantiate"]
