"""jit_p: a call of a jaxpr, and the derived forms of a jaxpr that call-like primitives share."""

from collections.abc import Callable, Sequence
from typing import Any

from ..ir import (
    Jaxpr,
    Linear,
    Primitive,
    ShapedArray,
    bind,
    dce_jaxpr,
    eval_jaxpr,
    is_inexact,
    run_jaxpr,
    trace_to_jaxpr,
    typeof,
)
from ..prims.lowering import Inline
from .batch import batch_jaxpr
from .dual import jvp_flat, linearize_flat
from .transpose import instantiate, transpose_jaxpr

__all__ = ["jit_p", "jvp_jaxpr", "linearize_jaxpr", "run_call", "set_executor", "settings"]

Executor = Callable[..., list[Any]]
_executor: list[Executor] = [run_jaxpr]
# Counts changes of settings that decide how a program is run. What an executor leaves in a
# jaxpr's memo as "ready", (count, program), may be called instead of it while the count is that.
settings = [0]


def set_executor(executor: Executor | None) -> None:
    """Install what runs jitted programs; None returns to the interpreter."""
    settings[0] += 1
    _executor[0] = run_jaxpr if executor is None else executor


def run_call(jaxpr: Jaxpr, args: Sequence[Any], donated: tuple[int, ...] = ()) -> list[Any]:
    """Run a closed jaxpr on arrays as a jitted program: interpreted first, compiled later.

    Arguments at the positions in `donated` may be overwritten, and be results.
    """
    return _executor[0](jaxpr, args, donated) if donated else _executor[0](jaxpr, args)


class LinearizedJaxpr:
    """A closed jaxpr split in two.

    Attributes
    ----------
    forward : Jaxpr
        Maps (consts, primals) to (outputs, residuals).
    linear : Jaxpr
        Maps (residuals, nonzero tangents) to the nonzero output tangents.
    out_nonzero : list of bool
        Which outputs have a tangent.
    """

    def __init__(
        self,
        forward: Jaxpr,
        consts: list[Any],
        linear: Jaxpr,
        n_outs: int,
        out_nonzero: list[bool],
    ) -> None:
        self.forward = forward
        self.consts = consts
        self.linear = linear
        self.n_outs = n_outs
        self.out_nonzero = out_nonzero


def linearize_jaxpr(jaxpr: Jaxpr, nonzero: tuple[bool, ...]) -> LinearizedJaxpr:
    """Linearize a closed jaxpr; remembered on it."""
    key = ("linearize", nonzero)
    if key not in jaxpr.memo:
        jaxpr.memo[key] = _linearize_jaxpr(jaxpr, nonzero)
    return jaxpr.memo[key]


def _linearize_jaxpr(jaxpr: Jaxpr, nonzero: tuple[bool, ...]) -> LinearizedJaxpr:
    found: dict[str, Any] = {}

    def forward(*primals: Any) -> list[Any]:
        outs, linear, residuals, out_nonzero = linearize_flat(
            lambda *xs: eval_jaxpr(jaxpr, (), *xs), primals, nonzero
        )
        n_res = len(residuals)
        closed = Jaxpr([], linear.constvars + linear.invars, linear.eqns, linear.outs)
        pruned, used = dce_jaxpr(closed)
        kept = [v for v, u in zip(linear.constvars, used[:n_res], strict=True) if u]
        found["linear"] = Jaxpr([], kept + linear.invars, pruned.eqns, pruned.outs)
        found["out_nonzero"] = out_nonzero
        return outs + [r for r, u in zip(residuals, used[:n_res], strict=True) if u]

    fwd, consts = trace_to_jaxpr(forward, jaxpr.in_avals, "linearize")
    return LinearizedJaxpr(fwd, consts, found["linear"], len(jaxpr.outs), found["out_nonzero"])


def jvp_jaxpr(
    jaxpr: Jaxpr, nonzero: tuple[bool, ...], instantiate_out: bool | tuple[bool, ...] = False
) -> tuple[Jaxpr, list[Any], list[bool]]:
    """Push tangents through a closed jaxpr, as a closed jaxpr.

    Returns
    -------
    jaxpr : Jaxpr
        Maps (constants, primals, nonzero tangents) to (outputs, nonzero output tangents).
    consts : list
        Constants that the rules made.
    out_nonzero : list of bool
        Which outputs have a tangent; those of `instantiate_out` always have.
    """
    key = ("jvp", nonzero, instantiate_out)
    if key in jaxpr.memo:
        return jaxpr.memo[key]
    n = len(jaxpr.invars)
    out_nonzero: list[bool] = []
    many = isinstance(instantiate_out, tuple)
    force = list(instantiate_out) if many else [instantiate_out] * len(jaxpr.outs)  # type: ignore[arg-type]

    def f(*args: Any) -> list[Any]:
        primals, given = args[:n], iter(args[n:])
        tangents = [next(given) if nz else None for nz in nonzero]
        outs, ts = jvp_flat(lambda *xs: eval_jaxpr(jaxpr, (), *xs), primals, tangents)
        full = [
            instantiate(t, typeof(o)) if must and is_inexact(typeof(o).dtype) else t
            for t, o, must in zip(ts, outs, force, strict=True)
        ]
        out_nonzero.extend(t is not None for t in full)
        return outs + [t for t in full if t is not None]

    avals = jaxpr.in_avals
    tangent_avals = [a.strengthen() for a, nz in zip(avals, nonzero, strict=True) if nz]
    out, consts = trace_to_jaxpr(f, avals + tangent_avals, "jvp")
    jaxpr.memo[key] = out, consts, out_nonzero
    return jaxpr.memo[key]


# --- jit ----------------------------------------------------------------------------------------


def _jit_impl(*args: Any, jaxpr: Jaxpr, name: str) -> list[Any]:
    return _executor[0](jaxpr, args)


def _jit_abstract(*avals: ShapedArray, jaxpr: Jaxpr, name: str) -> list[ShapedArray]:
    return jaxpr.out_avals


def _jit_linearize(
    nonzero: Sequence[bool], primals: Sequence[Any], *, jaxpr: Jaxpr, name: str
) -> tuple[list[Any], Callable[..., Any]]:
    parts = linearize_jaxpr(jaxpr, tuple(nonzero))
    results = bind(jit_p, *parts.consts, *primals, jaxpr=parts.forward, name=name)
    outs, residuals = results[: parts.n_outs], results[parts.n_outs :]

    def linear(tangents: Sequence[Any]) -> list[Any]:
        given = [
            instantiate(t, typeof(p))
            for t, p, nz in zip(tangents, primals, nonzero, strict=True)
            if nz
        ]
        if not any(parts.out_nonzero):
            return [None] * parts.n_outs
        out = iter(bind(jit_p, *residuals, *given, jaxpr=parts.linear, name=name))
        return [next(out) if nz else None for nz in parts.out_nonzero]

    return outs, linear


def _jit_push(
    primals: Sequence[Any], tangents: Sequence[Any], *, jaxpr: Jaxpr, name: str
) -> tuple[list[Any], list[Any]]:
    pushed, consts, out_nonzero = jvp_jaxpr(jaxpr, tuple([t is not None for t in tangents]))
    given = [t for t in tangents if t is not None]
    results = bind(jit_p, *consts, *primals, *given, jaxpr=pushed, name=name)
    n = len(jaxpr.outs)
    ts = iter(results[n:])
    return results[:n], [next(ts) if nz else None for nz in out_nonzero]


def _jit_transpose(cts: Sequence[Any], *args: Any, jaxpr: Jaxpr, name: str) -> list[Any]:
    linear = tuple(isinstance(a, Linear) for a in args)
    nonzero = tuple(ct is not None for ct in cts)
    transposed, consts, in_nonzero = transpose_jaxpr(jaxpr, linear, nonzero)
    known = [a for a, lin in zip(args, linear, strict=True) if not lin]
    given = [ct for ct in cts if ct is not None]
    outs = iter(bind(jit_p, *consts, *known, *given, jaxpr=transposed, name=name))
    present = iter(in_nonzero)
    return [(next(outs) if next(present) else None) if lin else None for lin in linear]


def _jit_batch(
    size: int, args: Sequence[Any], batched: Sequence[bool], *, jaxpr: Jaxpr, name: str
) -> tuple[list[Any], list[bool]]:
    mapped, consts, out_batched = batch_jaxpr(jaxpr, size, tuple(batched))
    return bind(jit_p, *consts, *args, jaxpr=mapped, name=name), out_batched


jit_p = Primitive(
    "jit",
    impl=_jit_impl,
    abstract_eval=_jit_abstract,
    linearize=_jit_linearize,
    push=_jit_push,
    transpose=_jit_transpose,
    batch=_jit_batch,
    lower=Inline("call"),
    multiple_results=True,
)
