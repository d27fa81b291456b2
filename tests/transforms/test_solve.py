"""custom_linear_solve, custom_root, associative_scan."""

import itertools
import operator

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.errors import MissingRuleError, PytreeError, ShapeError
from functorch_lite.ir import check_jaxpr
from functorch_lite.lax import control as lax
from tests.rules import check_rules
from tests.transforms.oracles import assert_agrees, assert_trees_close

RNG = np.random.default_rng(0)
A = RNG.standard_normal((3, 3)) + 4.0 * np.eye(3)
B = RNG.standard_normal(3)


def inverse(a):
    """The inverse of a 3x3 matrix by cofactors: an oracle that is differentiable by itself."""

    def minor(i, j):
        r, c = [k for k in range(3) if k != i], [k for k in range(3) if k != j]
        return a[r[0], c[0]] * a[r[1], c[1]] - a[r[0], c[1]] * a[r[1], c[0]]

    det = sum((-1) ** j * a[0, j] * minor(0, j) for j in range(3))
    rows = [fnp.stack([(-1) ** (i + j) * minor(j, i) for j in range(3)]) for i in range(3)]
    return fnp.stack(rows) / det


def iterate(product, b):
    """Richardson iteration: a solver whose own derivative nobody takes."""

    def body(c):
        x, r, n = c
        x = x + 0.2 * r
        return x, b - product(x), n + 1

    goes_on = lambda c: (fnp.sum(c[1] * c[1]) > 1e-28) & (c[2] < 500)  # noqa: E731
    return lax.while_loop(goes_on, body, (b * 0.0, b, 0))[0]


def solve_iterating(a, b):
    return lax.custom_linear_solve(lambda x: a @ x, b, iterate, iterate)


def solve_symmetric(a, b):
    s = a @ a.T * 0.1
    return lax.custom_linear_solve(lambda x: s @ x, b, iterate, symmetric=True)


def test_linear_solve_with_an_iterative_solver():
    assert_agrees(solve_iterating, lambda a, b: inverse(a) @ b, [A, B])
    check_rules(solve_iterating, [A, B])


def test_symmetric_linear_solve():
    want = lambda a, b: inverse(a @ a.T * 0.1) @ b  # noqa: E731
    with np.errstate(all="ignore"):
        assert_agrees(solve_symmetric, want, [np.eye(3) * 3 + 0.2 * A, B])


def test_linear_solve_of_pytrees_with_aux():
    def f(a, b):
        rhs = {"u": b, "v": 2.0 * b}

        def matvec(x):
            return {"u": a @ x["u"], "v": 3.0 * x["v"]}

        def solve(mv, b):
            return {"u": inverse(a) @ b["u"], "v": b["v"] / 3.0}, {"steps": 7}

        def transpose_solve(vm, b):
            return {"u": inverse(a).T @ b["u"], "v": b["v"] / 3.0}, None

        return lax.custom_linear_solve(matvec, rhs, solve, transpose_solve, has_aux=True)

    x, aux = f(A, B)
    assert aux["steps"] == 7
    g = lambda a, b: fnp.sum(fnp.sin(f(a, b)[0]["u"])) + fnp.sum(f(a, b)[0]["v"])  # noqa: E731
    want = lambda a, b: fnp.sum(fnp.sin(inverse(a) @ b)) + fnp.sum(2.0 * b / 3.0)  # noqa: E731
    assert_trees_close(fl.grad(g, (0, 1))(A, B), fl.grad(want, (0, 1))(A, B))
    assert_trees_close(fl.jit(fl.grad(g, (0, 1)))(A, B), fl.grad(want, (0, 1))(A, B))


def test_transposed_products_are_right():
    seen = []

    def transpose_solve(vecmat, b):
        seen.append(vecmat)
        return inverse(A).T @ b

    f = lambda b: lax.custom_linear_solve(  # noqa: E731
        lambda x: A @ x, b, lambda mv, b: inverse(A) @ b, transpose_solve
    )
    np.testing.assert_allclose(fl.grad(lambda b: fnp.sum(f(b)))(B), np.linalg.inv(A).T @ np.ones(3))
    jaxpr = fl.make_jaxpr(f)(B).jaxpr
    check_jaxpr(jaxpr)
    vecmat = jaxpr.eqns[-1].params["jaxprs"][1]
    consts = [A] * (len(vecmat.invars) - 1)
    np.testing.assert_allclose(fl.ir.eval_jaxpr(vecmat, (), *consts, B)[0], A.T @ B)


def test_forward_mode_needs_no_transpose():
    f = lambda a: lax.custom_linear_solve(lambda x: a @ x, B, lambda mv, b: inverse(a) @ b)  # noqa: E731
    want = fl.jacfwd(lambda a: inverse(a) @ B)(A)
    np.testing.assert_allclose(fl.jacfwd(f)(A), want, rtol=1e-10)
    with pytest.raises(MissingRuleError, match="transpose_solve"):
        fl.jacrev(f)(A)


# --- roots ----------------------------------------------------------------------------------------


def newton(f, x0):
    """Find a root of a scalar function."""

    def body(c):
        x, _, n = c
        y, t = fl.jvp(f, (x,), (fnp.ones_like(x),))
        return x - y / t, y, n + 1

    goes_on = lambda c: (fnp.abs(c[1]) > 1e-13) & (c[2] < 100)  # noqa: E731
    return lax.while_loop(goes_on, body, (x0, fnp.ones_like(x0), 0))[0]


def scalar_root(a, guess):
    return lax.custom_root(lambda x: x * x * x - a, guess, newton, lambda g, y: y / g(1.0))


def vector_root(a, b):
    """The x with a x + tanh-like coupling = b, linear system solved by its jacobian."""

    def solve(f, x0):
        return lax.fori_loop(0, 60, lambda i, x: x - 0.2 * f(x), x0)

    def tangent_solve(g, y):
        return inverse(fl.jacobian(g)(y)) @ y

    return lax.custom_root(lambda x: a @ x + fnp.sin(x) - b, 0.0 * b, solve, tangent_solve)


def test_scalar_root():
    want = lambda a, guess: fnp.exp(fnp.log(a) / 3.0) + 0.0 * guess  # noqa: E731
    assert_agrees(scalar_root, want, [2.0, 1.5])
    check_rules(scalar_root, [2.0, 1.5])


def test_vector_root():
    a = 2.0 * np.eye(3) + 0.2 * A

    def unrolled(a, b):
        x = 0.0 * b
        for _ in range(60):
            x = x - 0.2 * (a @ x + fnp.sin(x) - b)
        return x

    f = lambda a, b: fnp.sum(fnp.cos(vector_root(a, b)))  # noqa: E731
    g = lambda a, b: fnp.sum(fnp.cos(unrolled(a, b)))  # noqa: E731
    np.testing.assert_allclose(vector_root(a, B), unrolled(a, B), rtol=1e-10)
    want = fl.grad(g, (0, 1))(a, B)
    for transform in (lambda h: h, fl.jit):
        assert_trees_close(transform(fl.grad(f, (0, 1)))(a, B), want, tol=1e-7)
    batch = np.stack([B, 0.5 * B])
    rows = [fl.grad(g, 1)(a, b) for b in batch]
    np.testing.assert_allclose(fl.vmap(fl.grad(f, 1), (None, 0))(a, batch), rows, rtol=1e-6)
    np.testing.assert_allclose(
        fl.jacfwd(fl.grad(f, 1), 1)(a, B), fl.hessian(lambda b: g(a, b))(B), rtol=1e-6, atol=1e-8
    )


def test_root_with_aux_inside_jit():
    def f(a):
        def solve(f, x0):
            return newton(f, x0), {"guess": x0}

        return lax.custom_root(
            lambda x: x * x - a, 1.0, solve, lambda g, y: y / g(1.0), has_aux=True
        )

    x, aux = fl.jit(f)(4.0)
    assert abs(x - 2.0) < 1e-12 and aux["guess"] == 1.0
    # The tangent solver is recorded with the root, so it works after the jit has ended.
    assert abs(fl.grad(fl.jit(lambda a: f(a)[0]))(4.0) - 0.25) < 1e-12


SOLVE_ERRORS = {
    "matvec structure": (
        lambda: lax.custom_linear_solve(lambda x: (x, x), B, lambda mv, b: b),
        PytreeError,
        "matvec",
    ),
    "solve shape": (
        lambda: lax.custom_linear_solve(lambda x: x, B, lambda mv, b: b[:2]),
        ShapeError,
        "solve returns has shape",
    ),
    "no aux": (
        lambda: lax.custom_linear_solve(lambda x: x, B, lambda mv, b: b, has_aux=True),
        PytreeError,
        "pair",
    ),
    "f shape": (
        lambda: lax.custom_root(lambda x: x[:2], B, lambda f, x: x, lambda g, y: y),
        ShapeError,
        "what f returns",
    ),
    "root structure": (
        lambda: lax.custom_root(lambda x: x, B, lambda f, x: (x,), lambda g, y: y),
        PytreeError,
        "what solve returns",
    ),
}


@pytest.mark.parametrize("row", sorted(SOLVE_ERRORS))
def test_errors(row):
    call, kind, text = SOLVE_ERRORS[row]
    with pytest.raises(kind, match=text):
        call()


# --- associative_scan -----------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 6, 7, 8, 13, 16, 17])
@pytest.mark.parametrize("reverse", [False, True])
def test_associative_scan_of_any_length(n, reverse):
    x = RNG.standard_normal((2, n, 3))
    got = lax.associative_scan(operator.add, x, reverse=reverse, axis=1)
    want = np.cumsum(x[:, ::-1], 1)[:, ::-1] if reverse else np.cumsum(x, 1)
    np.testing.assert_allclose(got, want, rtol=1e-12)
    np.testing.assert_array_equal(got, lax.associative_scan(operator.add, x, reverse, -2))


def _compose(f, g):
    """Compose affine maps x -> a x + b; associative, not commutative."""
    return {"a": g["a"] * f["a"], "b": g["a"] * f["b"] + g["b"]}


@pytest.mark.parametrize("reverse", [False, True])
def test_associative_scan_is_in_order_and_differentiable(reverse):
    def by_scan(a, b):
        return lax.associative_scan(_compose, {"a": a, "b": b}, reverse=reverse)

    def by_loop(a, b):
        n = a.shape[0]
        order = list(range(n))[::-1] if reverse else list(range(n))
        maps = [{"a": a[i], "b": b[i]} for i in order]
        out = list(itertools.accumulate(maps, _compose))
        out = out[::-1] if reverse else out
        return {k: fnp.stack([m[k] for m in out]) for k in ("a", "b")}

    args = [RNG.standard_normal(5), RNG.standard_normal(5)]
    assert_agrees(by_scan, by_loop, args)
    check_rules(by_scan, args)


def test_associative_scan_does_linear_work():
    counts = []

    def add(a, b):
        counts.append(a.shape[0])
        return a + b

    lax.associative_scan(add, np.ones(1024))
    assert sum(counts) < 2 * 1024 and len(counts) <= 2 * 10


def test_associative_scan_errors():
    with pytest.raises(ShapeError, match="lengths"):
        lax.associative_scan(lambda a, b: a, (np.ones(3), np.ones(4)))
    with pytest.raises(ShapeError, match="axis 1"):
        lax.associative_scan(operator.add, np.ones(3), axis=1)
    with pytest.raises(PytreeError, match="operation"):
        lax.associative_scan(lambda a, b: (a, b), np.ones(3))
