"""Compare control flow with Python loops, under every composition of transforms."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.ir import check_jaxpr
from functorch_lite.pytree import tree_leaves

__all__ = ["assert_agrees", "assert_trees_close", "scalar"]

TRANSFORMS: dict[str, Callable[..., Any]] = {
    "value": lambda f, nums: f,
    "jit": lambda f, nums: fl.jit(f),
    "grad": lambda f, nums: fl.grad(f, nums),
    "jit of grad": lambda f, nums: fl.jit(fl.grad(f, nums)),
    "grad of jit": lambda f, nums: fl.grad(fl.jit(f), nums),
    "jacfwd": lambda f, nums: fl.jacfwd(f, nums),
    "jit of jacfwd": lambda f, nums: fl.jit(fl.jacfwd(f, nums)),
    "forward over reverse": lambda f, nums: fl.jacfwd(fl.grad(f, nums), nums),
    "jit of forward over reverse": lambda f, nums: fl.jit(fl.jacfwd(fl.grad(f, nums), nums)),
    "reverse over reverse": lambda f, nums: fl.jacrev(fl.grad(f, nums), nums),
    "jit of reverse over reverse": lambda f, nums: fl.jit(fl.jacrev(fl.grad(f, nums), nums)),
    "reverse over forward": lambda f, nums: fl.jacrev(fl.jacfwd(f, nums), nums),
    "grad of checkpoint": lambda f, nums: fl.grad(fl.checkpoint(f), nums),
}
# What the oracle computes for each row: derivatives agree whichever way they are taken.
SAME = {
    "jit": "value",
    "jit of grad": "grad",
    "grad of jit": "grad",
    "jacfwd": "grad",
    "jit of jacfwd": "grad",
    "jit of forward over reverse": "forward over reverse",
    "reverse over reverse": "forward over reverse",
    "jit of reverse over reverse": "forward over reverse",
    "reverse over forward": "forward over reverse",
    "grad of checkpoint": "grad",
}


def scalar(f: Callable[..., Any]) -> Callable[..., Any]:
    """Reduce the results of `f` to one number that depends on all of them."""

    def g(*args: Any) -> Any:
        total = 0.0
        for i, leaf in enumerate(tree_leaves(f(*args))):
            if leaf.dtype.kind == "f":
                total = total + (1.0 + 0.3 * i) * fnp.sum(fnp.sin(leaf + 0.1 * i))
        return total

    return g


def assert_trees_close(got: Any, want: Any, message: str = "", tol: float = 1e-9) -> None:
    gs, ws = tree_leaves(got), tree_leaves(want)
    assert len(gs) == len(ws)
    for g, w in zip(gs, ws, strict=True):
        g, w = np.asarray(g), np.asarray(w)
        assert g.dtype == w.dtype, (message, g.dtype, w.dtype)
        np.testing.assert_allclose(g, w, rtol=tol, atol=tol, err_msg=message)


def assert_agrees(
    f: Callable[..., Any],
    oracle: Callable[..., Any],
    args: Sequence[Any],
    *,
    lanes: int = 3,
    second: bool = True,
) -> None:
    """Check values, derivatives and maps of `f` against a Python loop that means the same.

    Float arguments are differentiated; all arguments are mapped.
    """
    args = [np.asarray(a) for a in args]
    nums = tuple(i for i, a in enumerate(args) if a.dtype.kind == "f")
    assert_trees_close(f(*args), oracle(*args), "value")
    assert_trees_close(fl.jit(f)(*args), oracle(*args), "jit")
    check_jaxpr(fl.make_jaxpr(f)(*args).jaxpr)
    rng = np.random.default_rng(0)
    batch = [np.stack([a] + [_nearby(a, rng) for _ in range(lanes - 1)]) for a in args]
    rows = [[b[i] for b in batch] for i in range(lanes)]
    assert_trees_close(fl.vmap(f)(*batch), _stack([oracle(*r) for r in rows]), "vmap")
    h, h_oracle = scalar(f), scalar(oracle)
    wanted: dict[str, Any] = {}
    for name, transform in TRANSFORMS.items():
        if "over" in name and not second:
            continue
        key = SAME.get(name, name)
        if key not in wanted:
            d = TRANSFORMS[key](h_oracle, nums)
            wanted[key] = d(*args), _stack([d(*r) for r in rows])
        one, many = wanted[key]
        d = transform(h, nums)
        assert_trees_close(d(*args), one, name, 1e-8)
        assert_trees_close(fl.vmap(d)(*batch), many, f"vmap of {name}", 1e-8)
        assert_trees_close(fl.jit(fl.vmap(d))(*batch), many, f"jit of vmap of {name}", 1e-8)
        check_jaxpr(fl.make_jaxpr(fl.vmap(d))(*batch).jaxpr)
    total = lambda *xs: fnp.sum(fl.vmap(h)(*xs))  # noqa: E731
    assert_trees_close(fl.grad(total, nums)(*batch), wanted["grad"][1], "grad of vmap", 1e-8)
    jitted = fl.jit(fl.grad(fl.jit(total), nums))
    assert_trees_close(jitted(*batch), wanted["grad"][1], "jit of grad of vmap", 1e-8)


def _nearby(a: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return another argument of the same kind."""
    if a.dtype.kind != "f":
        return a + rng.integers(0, 3, a.shape).astype(a.dtype)
    return a * rng.uniform(0.7, 1.4, a.shape)


def _stack(trees: list[Any]) -> Any:
    return fl.tree_util.tree_map(lambda *xs: np.stack([np.asarray(x) for x in xs]), *trees)
