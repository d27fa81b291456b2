"""A loop body that carries tangents along with its values."""

from typing import Any, NamedTuple

from ...ir import Jaxpr
from ..call import jvp_jaxpr
from .common import split

__all__ = ["PushedBody", "pushed_body"]


class PushedBody(NamedTuple):
    """A body with the tangents of those inputs and outputs that have one.

    Attributes
    ----------
    jaxpr : Jaxpr
        (rule constants, consts, their tangents, carry, its tangents, slices, their tangents) to
        (carry, its tangents, outputs, their tangents).
    consts : list
        The rule constants.
    nonzero : list of bool
        Which inputs have a tangent: a carry has one if it starts so or becomes so.
    out_nonzero : list of bool
        Which outputs have one.
    """

    jaxpr: Jaxpr
    consts: list[Any]
    nonzero: list[bool]
    out_nonzero: list[bool]


def pushed_body(jaxpr: Jaxpr, n_consts: int, n_carry: int, nonzero: tuple[bool, ...]) -> PushedBody:
    """Push tangents through a loop body; remembered on it."""
    key = ("pushed_body", n_consts, n_carry, nonzero)
    if key not in jaxpr.memo:
        jaxpr.memo[key] = _push(jaxpr, n_consts, n_carry, nonzero)
    return jaxpr.memo[key]


def _push(jaxpr: Jaxpr, n_consts: int, n_carry: int, nonzero: tuple[bool, ...]) -> PushedBody:
    c, k, x = split(nonzero, n_consts, n_carry)
    n_ys = len(jaxpr.outs) - n_carry
    while True:
        force = (*k, *[False] * n_ys)
        pushed, consts, out_nonzero = jvp_jaxpr(jaxpr, (*c, *k, *x), force)
        grown = [a or b for a, b in zip(k, out_nonzero[:n_carry], strict=True)]
        if grown == k:
            break
        k = grown
    rule, cs, ks, xs, tc, tk, tx = split(
        pushed.invars, len(consts), n_consts, n_carry, len(x), sum(c), sum(k)
    )
    new, ys, new_t, ys_t = split(pushed.outs, n_carry, n_ys, sum(k))
    invars, outs = [*rule, *cs, *tc, *ks, *tk, *xs, *tx], [*new, *new_t, *ys, *ys_t]
    return PushedBody(Jaxpr([], invars, pushed.eqns, outs), consts, [*c, *k, *x], out_nonzero)
