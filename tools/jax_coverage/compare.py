"""The three comparisons of one call: values, gradient, vmap."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

import functorch_lite as fl
from functorch_lite.pytree import tree_leaves

from .case import Case

__all__ = ["DIFFERENCES", "EQUAL", "NOTHING", "OURS_ONLY", "compare"]

EQUAL, NOTHING, OURS_ONLY = "equal", "–", "equal (JAX raises)"
DIFFERENCES = "equal to differences (JAX raises)"
Function = Callable[..., Any]


def _leaves(out: Any, where: str) -> list[np.ndarray]:
    flat = tree_leaves(out) if where == "ours" else jax.tree.leaves(out)
    return [np.asarray(v) for v in flat]


def _difference(got: Sequence[Any], want: Sequence[Any], tol: float) -> str:
    """Return what is different, or nothing."""
    if len(got) != len(want):
        return f"{len(got)} results, not {len(want)}"
    for g, w in zip(got, want, strict=True):
        if g.shape != w.shape:
            return f"shape {g.shape}, not {w.shape}"
        if w.dtype.kind in "fc":
            finite = w[np.isfinite(w)]
            scale = max(1.0, float(np.abs(finite).max())) if finite.size else 1.0
            if not np.allclose(g, w, rtol=tol, atol=tol * scale, equal_nan=True):
                return f"values: {g.ravel()[:4]}, not {w.ravel()[:4]}"
        elif not np.array_equal(g, w):
            return f"values: {g.ravel()[:8]}, not {w.ravel()[:8]}"
    other = [
        f"{g.dtype}, not {w.dtype}" for g, w in zip(got, want, strict=True) if g.dtype != w.dtype
    ]
    return f"dtype {'; '.join(other)}" if other else ""


def _verdict(ours: Function, theirs: Function, tol: float, instead: Function | None = None) -> str:
    """Run both and compare; where JAX raises, compare with `instead`."""
    mark = EQUAL
    try:
        want = _leaves(theirs(), "theirs")
    except Exception as e:
        if instead is None:
            return f"JAX raises {type(e).__name__}"
        try:
            want, mark = _leaves(instead(), "theirs"), OURS_ONLY
        except Exception:
            return f"JAX raises {type(e).__name__}"
    try:
        with np.errstate(all="ignore"):
            got = _leaves(ours(), "ours")
    except Exception as e:
        return f"raises {type(e).__name__}: {str(e).splitlines()[0][:150]}"
    return _difference(got, want, tol) or mark


def _gradient(case: Case, ours: Function, theirs: Function) -> str:
    """Compare vjps with random cotangents, with respect to all inexact inputs."""
    inputs = case.inputs()
    which = [n for n, a in enumerate(inputs) if a.dtype.kind in "fc"]
    if not which:
        return NOTHING

    def of_inexact(f: Function, leaves: Function) -> Function:
        def g(*xs: Any) -> Any:
            full = list(inputs)
            for n, x in zip(which, xs, strict=True):
                full[n] = x
            return [v for v in leaves(f(*full)) if np.dtype(v.dtype).kind in "fc"]

        return g

    xs = [inputs[n] for n in which]
    rng = np.random.default_rng(1)

    def cotangent(shape: Any, dtype: Any) -> Any:
        ct = rng.standard_normal(shape)
        ct = ct + 1j * rng.standard_normal(shape) if np.dtype(dtype).kind == "c" else ct
        return np.asarray(ct, dtype)

    try:
        out, pull = jax.vjp(of_inexact(theirs, jax.tree.leaves), *xs)
        cts = [cotangent(v.shape, v.dtype) for v in out]
        want = pull(cts)
    except Exception:
        return _slope(of_inexact(ours, tree_leaves), of_inexact(theirs, jax.tree.leaves), xs, rng)
    if not out:
        return NOTHING

    def our_pull() -> Any:
        return fl.vjp(of_inexact(ours, tree_leaves), *xs)[1](cts)

    return _verdict(our_pull, lambda: want, max(case.tol, 1e-8))


def _slope(ours: Function, theirs: Function, xs: list[np.ndarray], rng: Any) -> str:
    """Compare our vjp with central differences of JAX's function, along one direction."""
    h = 1e-6
    ts = [np.asarray(rng.standard_normal(x.shape), x.dtype) for x in xs]
    try:
        up, down = (theirs(*(x + s * h * t for x, t in zip(xs, ts, strict=True))) for s in (1, -1))
        slopes = [(np.asarray(u) - np.asarray(d)) / (2 * h) for u, d in zip(up, down, strict=True)]
        cts = [rng.standard_normal(s.shape).astype(s.dtype) for s in slopes]
        want = sum(np.sum(c * s) for c, s in zip(cts, slopes, strict=True))
    except Exception as e:
        return f"JAX raises {type(e).__name__}"
    if not slopes:
        return NOTHING
    try:
        pulled = fl.vjp(ours, *xs)[1](cts)
    except Exception as e:
        return f"raises {type(e).__name__}: {str(e).splitlines()[0][:150]}"
    got = sum(np.sum(g * t) for g, t in zip(pulled, ts, strict=True))
    scale = max(
        1.0, abs(want), float(sum(np.abs(c * s).sum() for c, s in zip(cts, slopes, strict=True)))
    )
    return DIFFERENCES if abs(got - want) <= 1e-5 * scale else f"values: slope {got}, not {want}"


def _stack(a: np.ndarray) -> np.ndarray:
    """Return three examples that are as valid as `a`: floats scaled, others rolled."""
    if a.dtype.kind in "fc":
        return np.stack([a, a * 0.9, a * 0.8]).astype(a.dtype)
    return np.stack([a, np.roll(a, 1), np.roll(a, 2)])


def _vmap(case: Case, ours: Function, theirs: Function) -> str:
    inputs = case.inputs()
    if not inputs:
        return NOTHING
    stacks = [_stack(a) for a in inputs]

    def loop() -> Any:
        outs = [jax.tree.leaves(theirs(*(s[i] for s in stacks))) for i in range(3)]
        return [np.stack(parts) for parts in zip(*outs, strict=True)]

    return _verdict(
        lambda: fl.vmap(ours)(*stacks), lambda: jax.vmap(theirs)(*stacks), case.tol, loop
    )


def compare(case: Case, ours: Function, theirs: Function) -> tuple[str, str, str]:
    """Compare one call; return verdicts on values, gradient and vmap.

    Returns
    -------
    tuple of str
        `EQUAL`, `OURS_ONLY` (JAX cannot), `NOTHING` (no such thing), or what is different.
    """
    f, g = case.bind(ours), case.bind(theirs)
    with jax.enable_x64(True):
        values = _verdict(lambda: f(*case.inputs()), lambda: g(*case.inputs()), case.tol)
        gradient = _gradient(case, f, g) if case.grad else NOTHING
        vmap = _vmap(case, f, g) if case.vmap else NOTHING
    return values, gradient, vmap
