"""Krylov solvers: solutions, and derivatives of the exact solution."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.errors import ShapeError
from functorch_lite.scipy.sparse.linalg import bicgstab, cg, gmres

SOLVERS = {"cg": cg, "bicgstab": bicgstab, "gmres": gmres}


def _system(name, dtype=np.float64, n=8):
    rng = np.random.default_rng(0)
    a = rng.normal(size=(n, n)) + (1j * rng.normal(size=(n, n)) if dtype is complex else 0)
    a = a @ a.conj().T / n + np.eye(n) if name == "cg" else a / np.sqrt(n) + 3 * np.eye(n)
    b = rng.normal(size=n) + (1j * rng.normal(size=n) if dtype is complex else 0)
    return a.astype(dtype), b.astype(dtype)


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, complex])
def test_solution(name, dtype):
    a, b = _system(name, dtype)
    tol = 1e-5 if dtype == np.float32 else 1e-11
    for matrix in (a, lambda x: a @ x):
        x, info = SOLVERS[name](matrix, b, tol=tol)
        assert info is None and x.dtype == b.dtype
        np.testing.assert_allclose(x, np.linalg.solve(a, b), rtol=1e3 * tol, atol=10 * tol)


@pytest.mark.parametrize("name", SOLVERS)
def test_preconditioner_start_and_limits(name):
    a, b = _system(name)
    solve, exact = SOLVERS[name], np.linalg.solve(*_system(name))
    x, _ = solve(a, b, M=lambda v: v / np.diagonal(a), tol=1e-11)
    np.testing.assert_allclose(x, exact, rtol=1e-8)
    np.testing.assert_allclose(solve(a, b, x0=exact, maxiter=0)[0], exact)
    assert not np.allclose(solve(a, b, maxiter=0)[0], exact)
    np.testing.assert_array_equal(solve(a, 0 * b)[0], 0 * b)


@pytest.mark.parametrize("name", SOLVERS)
def test_derivatives_and_maps(name):
    a, b = _system(name, n=5)
    solve = lambda a, b: SOLVERS[name](a, b, tol=1e-13)[0]  # noqa: E731
    symmetric = (lambda a: (a + a.T) / 2) if name == "cg" else (lambda a: a)
    f = lambda a, b: fnp.sum(fnp.sin(solve(symmetric(a), b)))  # noqa: E731
    g = lambda a, b: fnp.sum(fnp.sin(fnp.linalg.solve(symmetric(a), b)))  # noqa: E731
    for ours, exact in zip(fl.grad(f, (0, 1))(a, b), fl.grad(g, (0, 1))(a, b), strict=True):
        np.testing.assert_allclose(ours, exact, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(fl.hessian(f, 1)(a, b), fl.hessian(g, 1)(a, b), rtol=1e-7, atol=1e-9)
    tangents = (np.ones_like(a), np.ones_like(b))
    np.testing.assert_allclose(
        fl.jit(lambda: fl.jvp(f, (a, b), tangents)[1])(), fl.jvp(g, (a, b), tangents)[1], rtol=1e-8
    )
    bs = np.stack([b, 1e-3 * b, 0 * b])
    np.testing.assert_allclose(
        fl.vmap(solve, (None, 0))(a, bs), np.linalg.solve(a, bs.T).T, rtol=1e-8, atol=1e-12
    )


def test_pytrees():
    matvec = lambda t: {"a": 2.0 * t["a"], "b": (3.0 * t["b"][0],)}  # noqa: E731
    right = {"a": np.ones((2, 2)), "b": (np.float64(6.0),)}
    x, _ = cg(matvec, right)
    np.testing.assert_allclose(x["a"], 0.5)
    np.testing.assert_allclose(x["b"][0], 2.0)


def test_gmres_restarts_and_refuses():
    a, b = _system("gmres", n=12)
    x, _ = gmres(a, b, restart=3, tol=1e-10)
    np.testing.assert_allclose(x, np.linalg.solve(a, b), rtol=1e-7)
    with pytest.raises(ValueError, match="batched"):
        gmres(a, b, solve_method="wrong")
    with pytest.raises(ShapeError, match="square"):
        cg(np.ones((2, 3)), b)
    with pytest.raises(ShapeError, match="structure"):
        cg(a, b, x0=(b,))


def test_a_solve_inside_a_root():
    def root(c):
        tangent = lambda g, y: cg(g, y, tol=1e-12)[0]  # noqa: E731
        newton = lambda f, x: fl.lax.fori_loop(0, 40, lambda _, x: x - f(x) / (2 * x), x)  # noqa: E731
        return fl.lax.custom_root(lambda x: x * x - c, fnp.ones(2), newton, tangent)

    got = fl.jacrev(root)(np.array([4.0, 9.0]))
    np.testing.assert_allclose(got, np.diag([1 / 4, 1 / 6]), rtol=1e-9, atol=1e-12)


@pytest.mark.peer
@pytest.mark.parametrize("name", SOLVERS)
def test_agrees_with_jax(name):
    sparse = pytest.importorskip("jax.scipy.sparse.linalg")
    a, b = _system(name, np.float32)
    ours, theirs = SOLVERS[name](a, b, tol=1e-6)[0], getattr(sparse, name)(a, b, tol=1e-6)[0]
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
