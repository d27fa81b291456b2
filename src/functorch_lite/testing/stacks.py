"""Stacks of transforms, each layer with a second way of computing the same thing.

``check_stack(f, args, ["jit", "vmap", "grad"])`` checks ``jit(vmap(grad(f)))``: each layer in
turn is replaced by its reference (a loop for vmap, the other mode for derivatives, nothing for
jit and checkpoint) and the results must agree.
"""

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from .. import numpy as fnp
from ..compile.executor import compile_mode
from ..ir import dtype_of, shape_of
from ..transforms import checkpoint, grad, jit, jvp, linear_transpose, linearize, vjp, vmap
from .checks import CheckError, CheckReport
from .compare import first_mismatch
from .culprit import Culprit, Question, find_culprit, shrunk_culprit
from .laws import LAWS, LawViolation
from .subject import Subject

__all__ = ["LAYERS", "check_stack", "check_transforms", "run_stack"]

Flat = Callable[..., list[Any]]
LAYERS = ("jit", "vmap", "grad", "jvp", "vjp", "checkpoint", "vmap_first")
_DERIVATIVES = ("grad", "jvp", "vjp")


def _pattern(x: Any, k: int) -> Any:
    """Return a fixed direction of the type of `x`."""
    n = int(np.prod(shape_of(x)))
    return np.cos(1.3 * np.arange(n) + 0.7 * k + 0.4).reshape(shape_of(x)).astype(dtype_of(x))


def _patterns(xs: Sequence[Any], k: int = 0) -> list[Any]:
    return [_pattern(x, k + i) for i, x in enumerate(xs)]


def _mapped(name: str, n: int) -> tuple[int | None, ...]:
    return tuple(0 if name == "vmap" or i == 0 else None for i in range(n))


def _weighted(f: Flat) -> Callable[..., Any]:
    """Return a fixed weighted sum of the results, the real part of it."""

    def total(*xs: Any) -> Any:
        outs = f(*xs)
        return _pairing(_patterns(outs, 5), outs)

    return total


def _pairing(weights: Sequence[Any], xs: Sequence[Any]) -> Any:
    total: Any = 0.0
    for w, x in zip(weights, xs, strict=True):
        total = total + fnp.real(fnp.sum(w * x))
    return total


def apply_layer(name: str, f: Flat) -> Flat:
    """Return the transformed flat function."""
    if name == "jit":
        return jit(f)
    if name == "checkpoint":
        return checkpoint(f)
    if name.startswith("vmap"):
        return lambda *xs: vmap(f, _mapped(name, len(xs)))(*xs)
    if name == "jvp":
        return lambda *xs: list(jvp(f, xs, tuple(_patterns(xs)))[1])
    if name == "grad":
        return lambda *xs: list(grad(_weighted(f), tuple(range(len(xs))))(*xs))
    if name == "vjp":

        def pulled(*xs: Any) -> list[Any]:
            outs, pull = vjp(f, *xs)
            return list(pull(_patterns(outs, 5)))

        return pulled
    raise ValueError(f"no layer is named {name!r}; there are {', '.join(LAYERS)}")


def reference_layer(name: str, f: Flat) -> Flat:
    """Return the same function computed in another way."""
    if name in ("jit", "checkpoint"):
        return f
    if name.startswith("vmap"):
        return lambda *xs: _loop(f, xs, _mapped(name, len(xs)))
    if name == "jvp":
        return lambda *xs: _jvp_by_two_vjps(f, xs)
    return lambda *xs: _vjp_by_jvps(f, xs)


def _loop(f: Flat, xs: Sequence[Any], axes: Sequence[int | None]) -> list[Any]:
    size = next(shape_of(x)[0] for x, a in zip(xs, axes, strict=True) if a is not None)
    rows = [
        f(*[x if a is None else x[i] for x, a in zip(xs, axes, strict=True)]) for i in range(size)
    ]
    return [fnp.stack(list(column)) for column in zip(*rows, strict=True)]


def _jvp_by_two_vjps(f: Flat, xs: Sequence[Any]) -> list[Any]:
    """The pullback is linear in the cotangents; its own pullback is the pushforward."""
    outs, pull = vjp(f, *xs)
    zeros = [np.zeros(shape_of(o), dtype_of(o)) for o in outs]
    return list(vjp(lambda *cts: list(pull(list(cts))), *zeros)[1](_patterns(xs)))


def _vjp_by_jvps(f: Flat, xs: Sequence[Any]) -> list[Any]:
    """Push every unit vector forward, or transpose the linearization if there are many."""
    sizes = [int(np.prod(shape_of(x))) for x in xs]
    if sum(sizes) > 12:
        outs, push = linearize(f, *xs)
        cts = _patterns(outs, 5)
        return list(linear_transpose(lambda *ts: push(*ts), *xs)(cts))
    found = []
    for k, (x, n) in enumerate(zip(xs, sizes, strict=True)):
        entries = []
        for i in range(n):
            ts = [np.zeros(shape_of(y), dtype_of(y)) for y in xs]
            ts[k].reshape(-1)[i] = 1
            outs, tangents = jvp(f, tuple(xs), tuple(ts))
            weights = _patterns(outs, 5)
            entries.append(_pairing(weights, tangents))
        stacked = fnp.stack(entries) if entries else np.zeros(0)
        found.append(fnp.astype(fnp.reshape(stacked, shape_of(x)), dtype_of(x)))
    return found


def _arguments(layers: Sequence[str], args: Sequence[Any]) -> list[Any]:
    """Add the axes that the stack's vmaps map, the innermost layer first."""
    xs = [np.asarray(a) for a in args]
    for name in reversed(layers):
        if name.startswith("vmap"):
            xs = [
                x if a is None else np.stack([x, x * x.dtype.type(0.9)])
                for x, a in zip(xs, _mapped(name, len(xs)), strict=True)
            ]
    return xs


def check_stack(
    f: Callable[..., Any],
    args: Sequence[Any],
    layers: Sequence[str],
    *,
    compiled: bool = False,
    rtol: float | None = None,
) -> CheckReport:
    """Check one stack of transforms of ``f`` at `args`.

    Parameters
    ----------
    f, args
        The function and where; integer and complex leaves are held fixed.
    layers : sequence of str
        Names from `LAYERS`, the outermost first.
    compiled : bool
        Whether jit layers compile at once, or are interpreted.
    rtol : float, optional
        Tolerance relative to the largest element.

    Raises
    ------
    CheckError
        Naming the layer, and the equation whose rule is wrong.

    Examples
    --------
    >>> from functorch_lite import numpy as np
    >>> check_stack(np.sin, (np.ones(2),), ["vmap", "grad"]).checked
    ['vmap(grad(f))']
    """
    try:
        return run_stack(f, args, layers, compiled=compiled, rtol=rtol)
    except LawViolation as violation:
        subject = _real_subject(f, args)
        subject.record()
        find = partial(_culprit, subject, layers, compiled, rtol, violation.law)
        raise CheckError("check_stack", violation, find) from None


def run_stack(
    f: Callable[..., Any],
    args: Sequence[Any],
    layers: Sequence[str],
    *,
    compiled: bool = False,
    rtol: float | None = None,
) -> CheckReport:
    """Check as `check_stack` does, raising the bare LawViolation."""
    s = _real_subject(f, args)
    report = CheckReport()
    if not s.differentiable:
        return report
    layers = list(layers)
    xs = _arguments(layers, s.point)
    tol = max(1e-7, 100 * s.rtol) if rtol is None else rtol
    shown = "(".join([*layers, "f"]) + ")" * len(layers)
    with compile_mode("always" if compiled else "never"), np.errstate(all="ignore"):
        got = _composed(layers, s.g, None)(*xs)
        for k, name in enumerate(layers):
            want = _composed(layers, s.g, k)(*xs)
            found = first_mismatch(got, want, atol=tol, rtol=tol, types=True)
            if found is not None:
                raise LawViolation(
                    name, f"{shown} against layer {k} ({name}) by its reference", found
                )
        if layers[0] in _DERIVATIVES:
            inner = Subject(_composed(layers[1:], s.g, None), xs)
            inner.slack = 10.0 ** len(layers)
            LAWS["jvp"].apply(inner)
            report.notes.extend(inner.notes)
    report.checked.append(shown)
    return report


def _real_subject(f: Callable[..., Any], args: Sequence[Any]) -> Subject:
    """Hold complex arguments fixed: derivatives in stacks are those of real functions."""
    s = Subject(f, args)
    s.diff = [i for i in s.diff if s.leaves[i].dtype.kind == "f"]
    return s


def _culprit(
    s: Subject,
    layers: Sequence[str],
    compiled: bool,
    rtol: float | None,
    broken: str,
) -> Culprit | None:
    """Look for an equation that breaks a law behind the stack; else shrink the program."""
    order = max(1, sum(name in _DERIVATIVES for name in layers))
    for law in _laws_behind(layers, compiled):
        found = find_culprit(s, Question(LAWS[law], order if LAWS[law].needs_derivative else 1))
        if found is not None:
            return found

    def again(g: Callable[..., Any], xs: Sequence[Any]) -> LawViolation | None:
        try:
            run_stack(g, xs, layers, compiled=compiled, rtol=rtol)
        except LawViolation as e:
            return e
        return None

    options = ", compiled=True" if compiled else ""
    call = f"check_stack(program, args, {list(layers)}{options})"
    law = {"grad": "adjoint", "vmap_first": "vmap"}.get(broken, broken)
    return shrunk_culprit(s, Question(LAWS[law]), again, call)


def _laws_behind(layers: Sequence[str], compiled: bool) -> list[str]:
    """Return the laws of single equations that a stack relies on."""
    laws = []
    if any(name in _DERIVATIVES for name in layers):
        laws += ["primal", "jvp", "adjoint"]
    if any(name.startswith("vmap") for name in layers):
        laws += ["vmap", "vmap_grad"] if laws else ["vmap"]
    if compiled and "jit" in layers:
        laws += ["jit", "jit_grad"]
    return laws if "checkpoint" not in layers else [*laws, "checkpoint"]


def _composed(layers: Sequence[str], f: Flat, replaced: int | None) -> Flat:
    for k in reversed(range(len(layers))):
        f = (reference_layer if k == replaced else apply_layer)(layers[k], f)
    return f


def check_transforms(
    f: Callable[..., Any], args: Sequence[Any], depth: int = 2, *, compiled: bool = False
) -> CheckReport:
    """Check all stacks of transforms up to a depth.

    Examples
    --------
    >>> from functorch_lite import numpy as np
    >>> len(check_transforms(np.sin, (np.ones(2),), depth=1).checked)
    7
    """
    report = CheckReport()
    for d in range(1, depth + 1):
        for layers in itertools.product(LAYERS, repeat=d):
            more = check_stack(f, args, layers, compiled=compiled)
            report.checked += more.checked
            report.notes += [n for n in more.notes if n not in report.notes]
    return report
