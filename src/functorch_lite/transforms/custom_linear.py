"""The linear map whose transpose the user wrote: what custom_vjp linearizes to."""

from collections.abc import Callable, Sequence
from typing import Any

from ..ir import (
    Linear,
    Primitive,
    ShapedArray,
    bind,
    eval_jaxpr,
    is_inexact,
    typeof,
)
from ..ir.source import reset_source
from ..prims.lowering import Inline
from .batch import axis_name_at_work, batch_flat
from .transpose import instantiate, transpose_flat

__all__ = ["Backward", "custom_lin_p"]


class Backward:
    """The linear map whose transpose the user wrote; compared by identity.

    ``bwd(residuals, cts)`` returns a cotangent (or None) for each argument.
    """

    def __init__(
        self,
        name: str,
        bwd: Callable[..., list[Any]],
        in_avals: tuple[ShapedArray, ...],
        out_avals: tuple[ShapedArray, ...],
    ) -> None:
        self.name = name
        self.bwd = bwd
        self.in_avals = in_avals
        self.out_avals = out_avals

    def __repr__(self) -> str:
        return self.name

    def pull(self, residuals: Sequence[Any], cts: Sequence[Any]) -> list[Any]:
        """Return cotangents of the inexact arguments, zeros made explicit."""
        it = iter(cts)
        full = [instantiate(next(it), a) if is_inexact(a.dtype) else None for a in self.out_avals]
        with reset_source():
            in_cts = self.bwd(residuals, full)
        return [
            instantiate(ct, a)
            for ct, a in zip(in_cts, self.in_avals, strict=True)
            if is_inexact(a.dtype)
        ]


def _inexact(avals: Sequence[ShapedArray]) -> list[ShapedArray]:
    return [a for a in avals if is_inexact(a.dtype)]


def _lin_impl(*args: Any, n_residuals: int, backward: Backward) -> list[Any]:
    """Apply the map forward by transposing the user's backward pass."""
    residuals, tangents = args[:n_residuals], args[n_residuals:]

    def f(*cts: Any) -> list[Any]:
        return backward.pull(residuals, cts)

    avals = _inexact(backward.out_avals)
    outs = transpose_flat(f, avals, list(tangents))
    return [instantiate(o, a) for o, a in zip(outs, avals, strict=True)]


def _lin_linearize(
    nonzero: Sequence[bool], primals: Sequence[Any], *, n_residuals: int, backward: Backward
) -> tuple[list[Any], Callable[..., Any]]:
    """Differentiate the map: as itself in the tangents, as the transposed code otherwise."""
    from .dual import linearize_flat

    if not any(nonzero[:n_residuals]):
        outs = bind(custom_lin_p, *primals, n_residuals=n_residuals, backward=backward)
        residuals = primals[:n_residuals]

        def same(tangents: Sequence[Any]) -> list[Any]:
            given = [
                instantiate(t, typeof(p))
                for t, p in zip(tangents[n_residuals:], primals[n_residuals:], strict=True)
            ]
            return bind(
                custom_lin_p, *residuals, *given, n_residuals=n_residuals, backward=backward
            )

        return outs, same

    outs, jaxpr, consts, out_nonzero = linearize_flat(
        lambda *xs: _lin_impl(*xs, n_residuals=n_residuals, backward=backward), primals, nonzero
    )

    def linear(tangents: Sequence[Any]) -> list[Any]:
        given = [
            instantiate(t, typeof(p).strengthen())
            for t, p, nz in zip(tangents, primals, nonzero, strict=True)
            if nz
        ]
        ts = iter(eval_jaxpr(jaxpr, consts, *given))
        return [next(ts) if nz else None for nz in out_nonzero]

    return outs, linear


def _lin_transpose(
    cts: Sequence[Any], *args: Any, n_residuals: int, backward: Backward
) -> list[Any]:
    residuals = args[:n_residuals]
    in_cts = backward.pull(residuals, cts)
    return [None] * n_residuals + [
        ct if isinstance(a, Linear) else None
        for ct, a in zip(in_cts, args[n_residuals:], strict=True)
    ]


def _lin_batch(
    size: int, args: Sequence[Any], batched: Sequence[bool], *, n_residuals: int, backward: Any
) -> tuple[list[Any], list[bool]]:
    axis = axis_name_at_work()
    outs, mask = batch_flat(
        lambda *xs: _lin_impl(*xs, n_residuals=n_residuals, backward=backward),
        size,
        args,
        batched,
        axis,
    )
    return outs, mask


custom_lin_p = Primitive(
    "custom_lin",
    impl=_lin_impl,
    abstract_eval=lambda *avals, n_residuals, backward: _inexact(backward.out_avals),
    linearize=_lin_linearize,
    transpose=_lin_transpose,
    batch=_lin_batch,
    lower=Inline("transposed"),
    multiple_results=True,
)
