"""numpy.linalg: values, types and errors of NumPy; derivatives at the points where others fail."""

import numpy as np
import pytest

import functorch_lite as fl
import functorch_lite.numpy as fnp
from tests.rules import check_rules

la = fnp.linalg
RNG = np.random.default_rng(0)
A = RNG.standard_normal((4, 4))
S = RNG.standard_normal((2, 3, 3))
TALL, WIDE = RNG.standard_normal((5, 3)), RNG.standard_normal((2, 3, 5))
Z = A + 1j * RNG.standard_normal((4, 4))
B = RNG.standard_normal((4, 2))
V = RNG.standard_normal(3)
SPD = A @ A.T + np.eye(4)

VALUES = {
    "solve": [
        (A, B),
        (A, A[0]),
        (S, S[0]),
        (A, np.stack([B, B])),
        (S[:, None], np.ones((5, 3, 2))),
    ],
    "inv": [(A,), (S,), (Z,), (A.astype(np.float32),), (np.array([[2, 1], [1, 1]]),)],
    "det": [(A,), (S,), (Z,), (np.array([[2, 1], [1, 1]]),)],
    "slogdet": [(A,), (S,), (Z,)],
    "cholesky": [(SPD,), (Z @ Z.conj().T + np.eye(4),)],
    "qr": [(A,), (TALL,), (WIDE,), (TALL, "complete"), (TALL, "r"), (Z,)],
    "svd": [(A,), (TALL,), (WIDE, False), (TALL, True, False), (Z,)],
    "svdvals": [(WIDE,), (Z,)],
    "eigh": [(SPD,), (SPD, "U"), (Z @ Z.conj().T,)],
    "eigvalsh": [(SPD,), (SPD, "U")],
    "pinv": [(TALL,), (WIDE,), (Z,), (SPD, None, True), (TALL, 0.5)],
    "matrix_power": [(A, 0), (A, 1), (A, 5), (S, -2), (np.array([[2, 1], [1, 1]]), 3)],
    "matrix_rank": [(A,), (S,), (np.ones((3, 3)),), (V,), (WIDE, 2.0), (SPD, None, True)],
    "cond": [(A,), (S,), (A, 1), (A, -2), (A, "fro"), (A, np.inf)],
    "multi_dot": [([A, B, B.T],), ([V, S[0], S[1], V],), ([A, A],)],
    "tensorsolve": [(np.eye(24).reshape(4, 6, 8, 3) + 0.01, np.ones((4, 6)))],
    "tensorinv": [(np.eye(24).reshape(4, 6, 8, 3) + 0.01,), (SPD, 1)],
    "cross": [(V, S[0]), (S, S)],
    "outer": [(V, A[0])],
    "trace": [(S,)],
    "diagonal": [(S,), (TALL,)],
    "matrix_transpose": [(S,)],
    "matmul": [(S, S)],
    "vecdot": [(S, S), (Z, Z)],
    "tensordot": [(A, A)],
    "matrix_norm": [(S,), (Z,)],
    "vector_norm": [(S,), (Z,)],
}
ROWS = [(name, i) for name, rows in VALUES.items() for i in range(len(rows))]


def traced(f, *args):
    """Call under jit with arrays as arguments and everything else as constants."""
    leaves, tree = fl.tree_util.tree_flatten(args)
    arrays = [x for x in leaves if isinstance(x, np.ndarray)]

    def g(*xs):
        it = iter(xs)
        full = [next(it) if isinstance(x, np.ndarray) else x for x in leaves]
        return f(*fl.tree_util.tree_unflatten(tree, full))

    return fl.jit(g)(*arrays)


def same(got, want, name):
    if isinstance(want, tuple):
        assert got._fields == want._fields
    for g, w in zip(
        got if isinstance(got, tuple) else [got],
        want if isinstance(want, tuple) else [want],
        strict=True,
    ):
        assert isinstance(g, np.ndarray)
        assert g.shape == np.shape(w), name
        assert g.dtype == np.asarray(w).dtype, name
        tol = 1e-4 if g.dtype == np.float32 else 1e-8
        np.testing.assert_allclose(g, w, rtol=tol, atol=tol)


@pytest.mark.parametrize(("name", "i"), ROWS)
def test_values_match_numpy(name, i):
    args = VALUES[name][i]
    want = getattr(np.linalg, name)(*args)
    f = getattr(la, name)
    same(f(*args), want, name)
    same(traced(f, *args), want, name)


@pytest.mark.parametrize("x", [V, S, Z, np.zeros((2, 2)), np.arange(4).reshape(2, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_norms_match_numpy(x, keepdims):
    cases = [(None, None), *((p, -1) for p in (None, 0, 1, 2, 3, 1.5, np.inf, -np.inf))]
    if not (x == 0).any():
        cases += [(-1, -1), (-2.5, -1)]
    if x.ndim >= 2:
        cases += [(p, (-2, -1)) for p in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)]
        cases += [(1, (-1, -2)), (np.inf, (-1, 0))]
    for p, axis in cases:
        want = np.linalg.norm(x, p, axis, keepdims)
        f = lambda x: la.norm(x, p, axis, keepdims)  # noqa: B023, E731
        for got in (f(x), fl.jit(f)(x)):
            assert got.dtype == np.asarray(want).dtype
            np.testing.assert_allclose(got, want, atol=1e-12, err_msg=f"{p} {axis}")
    for p in (1, 2, 3):
        for axis in (None, 0):
            want = np.linalg.vector_norm(x, axis=axis, ord=p, keepdims=keepdims)
            f = lambda x: la.vector_norm(x, axis=axis, ord=p, keepdims=keepdims)  # noqa: B023, E731
            np.testing.assert_allclose(fl.jit(f)(x), want)


def test_lstsq():
    for a, b in ((TALL, V[:1] * np.ones(5)), (TALL, RNG.standard_normal((5, 2))), (WIDE[0], V)):
        want = np.linalg.lstsq(a, b)
        for got in (la.lstsq(a, b), fl.jit(la.lstsq)(a, b)):
            for g, w in zip(got, want, strict=True):
                np.testing.assert_allclose(g, w, atol=1e-12)
                assert g.shape == np.shape(w)
    check_rules(lambda a, b: la.lstsq(a, b)[0], [TALL, RNG.standard_normal((5, 2))], tol=1e-5)


def test_eig_is_complex():
    for x in (np.diag([1.0, 2.0]), Z, SPD):
        w, v = la.eig(x)
        assert w.dtype == v.dtype == np.complex128
        np.testing.assert_allclose(x @ v, v * w, atol=1e-9)
        np.testing.assert_allclose(fl.jit(la.eigvals)(x), w, atol=1e-9)
        assert la.eig(x)._fields == np.linalg.eig(x)._fields


def test_upper_cholesky():
    h = Z @ Z.conj().T + np.eye(4)
    want = np.linalg.cholesky(h, upper=True)
    np.testing.assert_allclose(la.cholesky(h, upper=True), want)
    np.testing.assert_allclose(fl.jit(lambda x: la.cholesky(x, upper=True))(h), want)


DERIVATIVES = {
    "solve_vector": (lambda a, b: la.solve(a, b), [A, A[0]]),
    "solve_broadcast": (lambda a, b: la.solve(a, b), [S, S[0]]),
    "solve_one_for_many": (lambda a, b: la.solve(a, b), [S[0], S]),
    "inv": (la.inv, [S]),
    "det": (la.det, [S]),
    "logdet": (lambda a: la.slogdet(a).logabsdet, [A]),
    "cholesky_upper": (lambda a: la.cholesky(a @ a.T + np.eye(4), upper=True), [A]),
    "qr": (lambda a: la.qr(a)[1], [WIDE]),
    "eigvalsh": (lambda a: la.eigvalsh(a + a.T), [A]),
    "matrix_power": (lambda a: la.matrix_power(a, -3), [A]),
    "norm": (la.norm, [A]),
    "norm_nuc": (lambda a: la.norm(a, "nuc"), [TALL]),
    "norm_2": (lambda a: la.norm(a, 2), [TALL]),
    "norm_1": (lambda a: la.norm(a, 1), [TALL]),
    "norm_3": (lambda a: la.norm(a, 3, axis=0), [TALL]),
    "norm_minus": (lambda a: la.norm(a, -2, axis=0), [TALL]),
    "norm_max": (lambda a: la.norm(a, np.inf, axis=0), [TALL]),
    "cond": (la.cond, [A]),
    "cond_fro": (lambda a: la.cond(a, "fro"), [A]),
    "multi_dot": (lambda a, b: la.multi_dot([a, b, b.T]), [A, B]),
    "tensorinv": (lambda a: la.tensorinv(a, 1), [A]),
    "diagonal": (lambda a: la.diagonal(a, offset=1) * la.trace(a, offset=-1), [A]),
}


@pytest.mark.parametrize("name", DERIVATIVES)
def test_derivatives(name):
    f, args = DERIVATIVES[name]
    check_rules(f, args, tol=1e-4)


# --- special points -------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [None, 1, 2, 3, 1.5, np.inf, -np.inf, 0])
def test_vector_norms_have_derivative_zero_at_zero(order):
    g = fl.grad(lambda x: la.norm(x, order))(np.zeros(3))
    np.testing.assert_array_equal(g, np.zeros(3))
    h = fl.grad(lambda x: la.norm(x, order))(np.array([0.0, 2.0, 0.0]))
    assert np.isfinite(h).all()


@pytest.mark.parametrize("order", ["fro", "nuc", 1, 2, -2, np.inf])
def test_matrix_norms_have_derivative_zero_at_zero(order):
    g = fl.grad(lambda x: la.norm(x, order))(np.zeros((3, 2)))
    np.testing.assert_array_equal(g, np.zeros((3, 2)))


def test_norm_of_complex_zero_and_its_gradient():
    np.testing.assert_array_equal(fl.grad(la.norm)(np.zeros(2, complex)), [0, 0])
    g = fl.grad(la.norm)(np.array([3 + 4j]))
    np.testing.assert_allclose(g, [0.6 - 0.8j])


def test_det_gradient_at_singular_matrices():
    x = np.array([[1.0, 2.0], [2.0, 4.0]])
    np.testing.assert_allclose(fl.grad(la.det)(x), [[4, -2], [-2, 1]], atol=1e-14)
    h = fl.hessian(la.det)(x)
    np.testing.assert_allclose(h[0, 0], [[0, 0], [0, 1]], atol=1e-14)
    np.testing.assert_allclose(h[0, 1], [[0, 0], [-1, 0]], atol=1e-14)


def test_determinant_of_a_singular_matrix_has_no_logarithm():
    with np.errstate(all="ignore"):
        sign, logdet = fl.jit(la.slogdet)(np.ones((2, 2)))
    assert sign == 0
    assert logdet == -np.inf


def test_concrete_matrices_raise_as_in_numpy():
    for call in (
        lambda: la.inv(np.ones((2, 2))),
        lambda: la.solve(np.ones((2, 2)), np.ones(2)),
        lambda: la.cholesky(-np.eye(2)),
        lambda: la.inv(np.ones((2, 3))),
        lambda: fl.jit(la.inv)(np.ones((2, 3))),
    ):
        with pytest.raises(np.linalg.LinAlgError):
            call()


def test_traced_singular_matrices_are_not_finite():
    with np.errstate(all="ignore"):
        assert not np.isfinite(fl.jit(la.inv)(np.ones((2, 2)))).any()
        assert np.isnan(fl.jit(la.cholesky)(-np.eye(2))).any()
        assert fl.jit(la.cond)(np.zeros((2, 2))) == np.inf


def test_degenerate_eigenvalues():
    g = fl.grad(lambda x: fnp.sum(la.eigh(x).eigenvalues ** 2))(np.eye(3))
    np.testing.assert_allclose(g, 2 * np.eye(3), atol=1e-14)
    g = fl.grad(lambda x: fnp.sum(la.eigvalsh(x) ** 2))(np.eye(3))
    np.testing.assert_allclose(g, 2 * np.eye(3), atol=1e-14)
    g = fl.grad(lambda x: fnp.sum(la.svd(x, masked_gaps=True).U * A[:3, :3]))(np.eye(3))
    assert np.isfinite(g).all()


def test_numpy_dispatches_on_tracers():
    got = fl.grad(lambda x: np.linalg.det(x) + np.linalg.norm(x))(A)
    np.testing.assert_allclose(got, np.linalg.det(A) * np.linalg.inv(A).T + A / np.linalg.norm(A))
    assert np.linalg.eigh is not la.eigh
    w = fl.vmap(lambda x: np.linalg.eigh(x @ x.T).eigenvalues)(S)
    np.testing.assert_allclose(w, np.linalg.eigvalsh(S @ S.swapaxes(1, 2)), atol=1e-12)


def test_everything_of_numpy_is_there():
    missing = {n for n in np.linalg.__all__ if n not in la.__all__}
    assert not missing
    assert not {n for n in np.fft.__all__ if n not in fnp.fft.__all__}


def test_half_precision_is_refused():
    with pytest.raises(fl.DTypeError, match="float16"):
        la.inv(np.eye(2, dtype=np.float16))


@pytest.mark.peer
def test_gradients_match_jax():
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")
    fs = {
        "solve": lambda m, x: m.linalg.solve(x, B),
        "pinv": lambda m, x: m.linalg.pinv(x[:, :2]),
        "lstsq": lambda m, x: m.linalg.lstsq(x[:, :2], B)[0],
        "norm": lambda m, x: m.linalg.norm(x, axis=0) + m.linalg.norm(x, 3, axis=1),
        "eigh": lambda m, x: m.linalg.eigh(x + x.T)[0],
        "cond": lambda m, x: m.linalg.cond(x),
        "slogdet": lambda m, x: m.linalg.slogdet(x)[1],
    }
    with jax.enable_x64(True):
        for name, f in fs.items():
            want = jax.grad(lambda x: jax.numpy.sum(f(jax.numpy, x) ** 2))(A)  # noqa: B023
            got = fl.grad(lambda x: fnp.sum(f(fnp, x) ** 2))(A)  # noqa: B023
            np.testing.assert_allclose(got, np.asarray(want), rtol=1e-7, err_msg=name)


@pytest.mark.parametrize("shape", [(0, 0), (0, 3, 3), (2, 0, 0)])
@pytest.mark.parametrize("name", ["det", "inv", "slogdet", "cholesky", "eigh", "qr", "svd", "pinv"])
def test_empty_matrices(name, shape):
    a, f = np.zeros(shape), getattr(la, name)
    want = getattr(np.linalg, name)(a)
    got = fl.jit(f)(a)
    wants, gots = (x if isinstance(x, tuple) else (x,) for x in (want, got))
    assert [np.shape(w) for w in wants] == [g.shape for g in gots]
    loss = lambda x: fnp.sum(f(x)[-1] if isinstance(want, tuple) else f(x))  # noqa: E731
    assert fl.grad(loss)(a).shape == shape
