"""Tables of NumPy calls: eager, jitted, mapped and differentiated calls must agree with NumPy."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.ir import check_jaxpr
from functorch_lite.pytree import tree_flatten
from tests.rules import check_rules

__all__ = ["check_agrees"]


def check_agrees(
    f: Callable[..., Any],
    args: Sequence[Any],
    *,
    order: int = 1,
    vmap: bool = True,
    tol: float = 1e-6,
    value_tol: float = 1e-12,
) -> None:
    """Check ``f(namespace, *args)`` for our namespace against NumPy's.

    Values, dtypes and shapes must be NumPy's, eagerly and jitted; derivatives and vmap must pass
    `check_rules` (`order` 0 skips derivatives).
    """
    args = [np.asarray(a) for a in args]
    want = tree_flatten(f(np, *args))[0]

    def ours(*xs: Any) -> Any:
        return f(fnp, *xs)

    closed = fl.make_jaxpr(ours)(*args)
    check_jaxpr(closed.jaxpr)
    for how, got in (("eager", ours(*args)), ("jit", fl.jit(ours)(*args))):
        flat = tree_flatten(got)[0]
        assert len(flat) == len(want)
        for g, w in zip(flat, want, strict=True):
            w = np.asarray(w)
            assert isinstance(g, np.ndarray), (how, type(g))
            assert g.dtype == w.dtype, (how, g.dtype, w.dtype)
            assert g.shape == w.shape, (how, g.shape, w.shape)
            np.testing.assert_allclose(
                g, w, rtol=value_tol, atol=value_tol, err_msg=f"{how} differs from NumPy"
            )
    check_rules(lambda *xs: tree_flatten(ours(*xs))[0], args, order=order, tol=tol, vmap=vmap)
