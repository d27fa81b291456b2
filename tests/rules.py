"""Checks that every differentiable function must pass: used by the tables of the op families."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import functorch_lite as fl
from functorch_lite.ir import check_jaxpr
from functorch_lite.pytree import tree_flatten

__all__ = ["check_rules"]


def _flat(out: Any) -> list[np.ndarray]:
    return [np.asarray(x) for x in tree_flatten(out)[0]]


def _inner(xs: Sequence[Any], ys: Sequence[Any]) -> float:
    return float(
        sum(np.sum(np.real(np.asarray(x) * np.asarray(y))) for x, y in zip(xs, ys, strict=True))
    )


def check_rules(
    f: Callable[..., Any],
    args: Sequence[Any],
    *,
    order: int = 2,
    tol: float = 1e-6,
    fd_eps: float = 1e-5,
    vmap: bool = True,
    seed: int = 0,
) -> None:
    """Check jit, jvp, vjp, higher order and vmap of `f` at float64 `args`.

    Integer arguments are passed through; only inexact ones are differentiated.
    """
    rng = np.random.default_rng(seed)
    args = [np.asarray(a) for a in args]
    plain = _flat(f(*args))
    _check_jit(f, args, plain, tol)
    diff = [i for i, a in enumerate(args) if a.dtype.kind in "f"]
    if diff and any(o.dtype.kind == "f" for o in plain) and order > 0:

        def g(*xs: Any) -> list[Any]:
            full = list(args)
            for i, x in zip(diff, xs, strict=True):
                full[i] = x
            return [
                o
                for o, p in zip(tree_flatten(f(*full))[0], plain, strict=True)
                if p.dtype.kind == "f"
            ]

        _check_derivatives(g, [args[i] for i in diff], order, tol, fd_eps, rng)
    if vmap:
        _check_vmap(f, args, tol, rng)


def _check_jit(f: Any, args: list[Any], plain: list[np.ndarray], tol: float) -> None:
    closed = fl.make_jaxpr(f)(*args)
    check_jaxpr(closed.jaxpr)
    for got, want, aval in zip(_flat(fl.jit(f)(*args)), plain, closed.out_avals, strict=True):
        assert got.dtype == want.dtype == aval.dtype, (got.dtype, want.dtype, aval)
        assert got.shape == want.shape == aval.shape, (got.shape, want.shape, aval)
        np.testing.assert_allclose(got, want, rtol=tol, atol=tol, err_msg="jit differs from eager")


def _check_derivatives(
    g: Any, args: list[np.ndarray], order: int, tol: float, eps: float, rng: np.random.Generator
) -> None:
    tangents = [rng.standard_normal(a.shape) for a in args]
    outs, ts = fl.jvp(g, tuple(args), tuple(tangents))
    for got, want in zip(outs, g(*args), strict=True):
        np.testing.assert_allclose(
            got, want, rtol=1e-12, atol=1e-12, err_msg="jvp changes the value"
        )
    hi = g(*[a + eps * t for a, t in zip(args, tangents, strict=True)])
    lo = g(*[a - eps * t for a, t in zip(args, tangents, strict=True)])
    for t, h, low in zip(ts, hi, lo, strict=True):
        fd = (np.asarray(h) - np.asarray(low)) / (2 * eps)
        np.testing.assert_allclose(
            t, fd, rtol=tol * 10, atol=tol * 10, err_msg="jvp differs from finite differences"
        )
    cts = [rng.standard_normal(np.shape(o)) for o in outs]
    _, pull = fl.vjp(g, *args)
    in_cts = pull(cts)
    for ct, a in zip(in_cts, args, strict=True):
        assert np.asarray(ct).dtype == a.dtype and np.shape(ct) == a.shape
    np.testing.assert_allclose(
        _inner(cts, ts),
        _inner(in_cts, tangents),
        rtol=tol,
        atol=tol,
        err_msg="vjp does not transpose jvp",
    )
    _, f_jvp = fl.linearize(g, *args)
    for got, want in zip(f_jvp(*tangents), ts, strict=True):
        np.testing.assert_allclose(
            got, want, rtol=1e-9, atol=1e-9, err_msg="linearize differs from jvp"
        )
    if order > 1:

        def gradient(*xs: Any) -> list[Any]:
            return list(fl.vjp(g, *xs)[1](cts))

        _check_derivatives(gradient, args, order - 1, tol * 10, eps, rng)


def _check_vmap(f: Any, args: list[Any], tol: float, rng: np.random.Generator) -> None:
    for mask in itertools.product([False, True], repeat=len(args)):
        if not any(mask):
            continue
        batched = [
            np.stack([a, _vary(a, rng), _vary(a, rng)]) if m else a
            for a, m in zip(args, mask, strict=True)
        ]
        axes = tuple(0 if m else None for m in mask)
        got = _flat(fl.vmap(f, axes)(*batched))
        rows = [
            _flat(f(*[b[i] if m else b for b, m in zip(batched, mask, strict=True)]))
            for i in range(3)
        ]
        for k, g in enumerate(got):
            want = np.stack([r[k] for r in rows])
            assert g.dtype == want.dtype, (g.dtype, want.dtype)
            np.testing.assert_allclose(
                g, want, rtol=tol, atol=tol, err_msg=f"vmap {axes} differs from a loop"
            )


def _vary(a: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return other values from the same domain: a permutation of the elements."""
    return rng.permutation(a.ravel()).reshape(a.shape)
