"""scipy.linalg: SciPy's values, and derivatives."""

import numpy as np
import pytest
import scipy.linalg as sl

import functorch_lite as fl
import functorch_lite.numpy as fnp
from functorch_lite.scipy import linalg as la
from tests.rules import check_rules

RNG = np.random.default_rng(0)
A = RNG.standard_normal((4, 4))
Z = A + 1j * RNG.standard_normal((4, 4))
TALL = RNG.standard_normal((5, 3))
B = RNG.standard_normal((4, 2))
SPD = A @ A.T + np.eye(4)
H = Z @ Z.conj().T + np.eye(4)

# function, arguments, keywords
ROWS = [
    ("cholesky", (SPD,), {}),
    ("cholesky", (H,), {"lower": True}),
    ("det", (A,), {}),
    ("inv", (A,), {}),
    ("expm", (A,), {}),
    ("expm", (Z,), {}),
    ("expm_frechet", (A, SPD), {}),
    ("lu", (A,), {}),
    ("lu", (TALL,), {}),
    ("lu", (TALL.T.copy(),), {"permute_l": True}),
    ("qr", (TALL,), {}),
    ("qr", (TALL,), {"mode": "economic"}),
    ("qr", (TALL,), {"mode": "r"}),
    ("svd", (A,), {}),
    ("svd", (TALL,), {"compute_uv": False}),
    ("eigh", (SPD,), {"eigvals_only": True}),
    ("eigh", (SPD, SPD @ SPD + np.eye(4)), {"eigvals_only": True}),
    ("solve", (A, B), {}),
    ("solve", (A, B[:, 0]), {}),
    ("solve", (SPD, B), {"assume_a": "pos"}),
    ("solve", (H, B), {"assume_a": "pos", "lower": True}),
    ("solve", (A, B), {"assume_a": "sym"}),
    ("solve", (np.tril(H) + np.triu(Z, 1), B), {"assume_a": "her", "lower": True}),
    ("solve_triangular", (A, B), {}),
    ("solve_triangular", (A, B[:, 0]), {"lower": True, "trans": 1}),
    ("solve_triangular", (Z, B), {"trans": "C", "unit_diagonal": True}),
    ("solve_sylvester", (A, SPD, A), {}),
    ("sqrtm", (Z,), {}),
    ("polar", (TALL,), {}),
    ("polar", (A,), {"side": "left"}),
    ("block_diag", (A, B, 3.0, np.ones(2)), {}),
    ("toeplitz", (A[0],), {}),
    ("toeplitz", (Z[0], A[1, :3]), {}),
]


@pytest.mark.parametrize("i", range(len(ROWS)))
def test_values_match_scipy(i):
    name, args, kwargs = ROWS[i]
    want = getattr(sl, name)(*args, **kwargs)
    f = lambda *a: getattr(la, name)(*a, **kwargs)  # noqa: E731
    want = want if isinstance(want, tuple) else (want,)
    for got in (f(*args), fl.jit(f)(*args)):
        got = got if isinstance(got, tuple) else (got,)
        for g, w in zip(got, want, strict=True):
            np.testing.assert_allclose(g, w, atol=1e-10)
            assert g.dtype == np.asarray(w).dtype


@pytest.mark.parametrize("trans", [0, 1, 2])
def test_factor_and_solve(trans):
    for a in (A, Z):
        op = {0: a, 1: a.T, 2: a.conj().T}[trans]
        x = la.lu_solve(la.lu_factor(a), B, trans)
        np.testing.assert_allclose(op @ x, B, atol=1e-10)
    for lower in (False, True):
        x = la.cho_solve(la.cho_factor(H, lower), B[:, 0])
        np.testing.assert_allclose(H @ x, B[:, 0], atol=1e-10)


@pytest.mark.parametrize("kind", [1, 2, 3])
@pytest.mark.parametrize("lower", [False, True])
def test_generalized_eigenvectors(kind, lower):
    b = SPD @ SPD / 10 + np.eye(4)
    w, v = la.eigh(SPD, b, lower=lower, type=kind)
    np.testing.assert_allclose(w, sl.eigh(SPD, b, eigvals_only=True, type=kind))
    left = {1: SPD @ v, 2: SPD @ b @ v, 3: b @ SPD @ v}[kind]
    np.testing.assert_allclose(left, (b @ v if kind == 1 else v) * w, atol=1e-9)


def test_schur():
    for output in ("real", "complex"):
        t, z = la.schur(A, output)
        np.testing.assert_allclose(z @ t @ z.conj().T, A, atol=1e-10)
    assert t.dtype == np.complex128


DERIVATIVES = {
    "cho_solve": (lambda a, b: la.cho_solve(la.cho_factor(a @ a.T + np.eye(4)), b), [A, B]),
    "lu_solve": (lambda a, b: la.lu_solve(la.lu_factor(a), b, 1), [A, B]),
    "lu": (la.lu, [TALL]),
    "solve_sym": (lambda a, b: la.solve(a, b, assume_a="sym"), [A, B]),
    "solve_vector": (lambda a, b: la.solve_triangular(a + 4 * np.eye(4), b), [A, B[:, 0]]),
    "eigh": (
        lambda a, b: la.eigh(a + a.T, b @ b.T + np.eye(4), eigvals_only=True),
        [A, SPD],
    ),
    "expm_frechet": (la.expm_frechet, [A / 2, SPD / 4]),
    "polar": (la.polar, [TALL]),
    "sylvester": (la.solve_sylvester, [A + 4 * np.eye(4), SPD, A]),
    "block_diag": (lambda a, b: la.block_diag(a, b, 2.0), [A, B]),
    "toeplitz": (lambda c, r: la.toeplitz(c, r) ** 2, [A[0], A[1, :3]]),
}


@pytest.mark.parametrize("name", DERIVATIVES)
def test_derivatives(name):
    f, args = DERIVATIVES[name]
    check_rules(f, args, tol=1e-4)


def test_stacks_of_matrices():
    a = RNG.standard_normal((3, 4, 4))
    for f in (la.expm, la.sqrtm, lambda x: la.cholesky(x @ fnp.matrix_transpose(x) + np.eye(4))):
        np.testing.assert_allclose(f(a), np.stack([f(x) for x in a]), atol=1e-10)
    x = la.lu_solve(la.lu_factor(a), B)
    np.testing.assert_allclose(a @ x, np.broadcast_to(B, (3, 4, 2)), atol=1e-9)


def test_expm_of_a_large_argument_and_its_gradient():
    a = np.array([[-50.0, 30.0], [20.0, -70.0]])
    np.testing.assert_allclose(la.expm(a), sl.expm(a))
    g = fl.grad(lambda t: fnp.trace(la.expm(t * a)))(1.0)
    np.testing.assert_allclose(g, np.trace(a @ sl.expm(a)), rtol=1e-10)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: la.solve(A, B, assume_a="other"), ValueError),
        (lambda: la.solve_triangular(A, np.ones(3)), fl.ShapeError),
        (lambda: la.solve_triangular(A, B, trans="X"), ValueError),
        (lambda: la.block_diag(np.ones((2, 2, 2))), fl.ShapeError),
        (lambda: la.qr(A, mode="raw"), ValueError),
        (lambda: la.expm(TALL), np.linalg.LinAlgError),
        (lambda: la.cholesky(-SPD), np.linalg.LinAlgError),
    ],
)
def test_errors(call, error):
    with pytest.raises(error):
        call()
