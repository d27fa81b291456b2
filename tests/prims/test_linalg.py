"""Linear algebra primitives: rules, values, special points."""

import numpy as np
import pytest
import scipy.linalg

import functorch_lite as fl
import functorch_lite.numpy as fnp
from functorch_lite.ir import bind
from functorch_lite.prims import linalg as L
from tests.rules import check_rules

RNG = np.random.default_rng(0)
A = RNG.standard_normal((4, 4))
TALL, WIDE = RNG.standard_normal((5, 3)), RNG.standard_normal((3, 5))
B = RNG.standard_normal((4, 2))
STACK = RNG.standard_normal((2, 3, 3))
LARGE = RNG.standard_normal((17, 17)) + 8 * np.eye(17)
T = fnp.matrix_transpose


def spd(a):
    return a @ T(a) + np.eye(a.shape[-1])


def triangular(a, b, **params):
    return L.triangular_solve(a + 4 * np.eye(4), b, **params)


ROWS = {
    "cholesky": (lambda a: L.cholesky(spd(a)), [A]),
    "triangular_left_lower": (lambda a, b: triangular(a, b, left_side=True, lower=True), [A, B]),
    "triangular_left_upper_t": (
        lambda a, b: triangular(a, b, left_side=True, transpose_a=True),
        [A, B],
    ),
    "triangular_right_unit": (
        lambda a, b: triangular(a, b, transpose_a=True, unit_diagonal=True),
        [A, B.T.copy()],
    ),
    "lu": (lambda a: L.lu(a)[0], [A]),
    "lu_tall": (lambda a: L.lu(a)[0], [TALL]),
    "lu_wide": (lambda a: L.lu(a)[0], [WIDE]),
    "qr": (lambda a: L.qr(a, full_matrices=False), [A]),
    "qr_tall": (lambda a: L.qr(a, full_matrices=False), [TALL]),
    "qr_wide": (lambda a: L.qr(a, full_matrices=False), [WIDE]),
    "solve_small": (L.linear_solve, [A, B]),
    "solve_factored": (L.linear_solve, [LARGE, RNG.standard_normal((17, 2))]),
    "inverse": (L.inverse, [STACK]),
    "tridiagonal": (L.tridiagonal_solve, [A[0], A[1] + 4, A[2], B]),
    "sylvester": (L.sylvester, [A + 3 * np.eye(4), STACK[0], RNG.standard_normal((4, 3))]),
    "eigh": (lambda a: L.eigh(spd(a)), [A]),
    "eigvalsh": (
        lambda a: bind(L.eigh_p, spd(a), lower=False, compute_v=False, masked_gaps=False)[0],
        [A],
    ),
    "svd": (lambda a: L.svd(a, full_matrices=False), [A]),
    "svd_tall": (lambda a: L.svd(a, full_matrices=False), [TALL]),
    "svd_wide": (lambda a: L.svd(a, full_matrices=False), [WIDE]),
    "svd_masked": (lambda a: L.svd(a, full_matrices=False, masked_gaps=True), [WIDE]),
    "svdvals": (lambda a: L.svd(a, compute_uv=False), [WIDE]),
    "det": (L.det, [A]),
    "det_stack": (L.det, [STACK]),
    "slogdet": (lambda a: L.slogdet(a)[1], [A]),
    "pinv_tall": (lambda a: L.pinv(a, 1e-12), [TALL]),
    "pinv_wide": (lambda a: L.pinv(a, 1e-12), [WIDE]),
    "expm": (L.expm, [A]),
    "sqrtm": (lambda a: fnp.real(L.sqrtm(spd(a))), [A]),
    "householder_product": (L.householder_product, [TALL, np.array([0.3, 0.5, 0.2])]),
}


@pytest.mark.parametrize("name", ROWS)
def test_rules(name):
    f, args = ROWS[name]
    check_rules(f, args, tol=1e-5)


# --- values ---------------------------------------------------------------------------------------


def random(dtype, *shape, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * rng.standard_normal(shape)
    return x.astype(dtype)


DTYPES = [np.float32, np.float64, np.complex64, np.complex128]


def tolerance(dtype):
    return 2e-4 if np.dtype(dtype).itemsize in (4,) or dtype is np.complex64 else 1e-9


def ah(x):
    return x.conj().swapaxes(-1, -2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("lead", [(), (2,), (2, 3)])
def test_factorizations_multiply_back(dtype, lead):
    tol = tolerance(dtype)
    a = random(dtype, *lead, 4, 3)
    q, r = L.qr(a, full_matrices=False)
    u, s, vh = L.svd(a, full_matrices=False)
    lu, pivots, permutation = L.lu(a)
    lower = np.tril(lu, -1) + np.eye(4, 3, dtype=dtype)
    rows = np.take_along_axis(a, permutation[..., None].astype(int), -2)
    for out in (q, r, u, vh, lu):
        assert out.dtype == dtype
    assert s.dtype == np.dtype(dtype).type(0).real.dtype
    np.testing.assert_allclose(q @ r, a, atol=tol)
    np.testing.assert_allclose(u * s[..., None, :] @ vh, a, atol=tol)
    np.testing.assert_allclose(lower @ np.triu(lu)[..., :3, :], rows, atol=tol)
    np.testing.assert_array_equal(L.lu_pivots_to_permutation(pivots, 4), permutation)
    h = a @ ah(a) + np.eye(4, dtype=dtype)
    c = L.cholesky(h)
    v, w = L.eigh(h)
    assert c.dtype == v.dtype == dtype
    np.testing.assert_allclose(c @ ah(c), h, atol=tol * 10)
    np.testing.assert_allclose(v * w[..., None, :] @ ah(v), h, atol=tol * 10)
    g = random(dtype, *lead, 4, 4, seed=2)
    values, vectors = L.eig(g)
    np.testing.assert_allclose(g @ vectors, vectors * values[..., None, :], atol=tol * 10)
    t, z = L.schur(g)
    np.testing.assert_allclose(z @ t @ ah(z), g, atol=tol * 10)
    assert values.dtype == np.result_type(dtype, np.complex64)


@pytest.mark.parametrize("dtype", [np.float32, np.complex128])
@pytest.mark.parametrize("lead", [(), (2,), (20,)])
def test_triangular_solve_covers_all_flags(dtype, lead):
    a = random(dtype, *lead, 3, 3) + 3 * np.eye(3, dtype=dtype)
    for flags in np.ndindex(2, 2, 2, 2, 2):
        left, lower, trans, conj, unit = map(bool, flags)
        b = random(dtype, *lead, *((3, 2) if left else (2, 3)))
        x = L.triangular_solve(
            a,
            b,
            left_side=left,
            lower=lower,
            transpose_a=trans,
            conjugate_a=conj,
            unit_diagonal=unit,
        )
        m = np.tril(a) if lower else np.triu(a)
        if unit:
            m = m - m * np.eye(3) + np.eye(3)
        m = m.swapaxes(-1, -2) if trans else m
        m = m.conj() if conj else m
        np.testing.assert_allclose(m @ x if left else x @ m, b, atol=1e-4, err_msg=str(flags))
        assert x.dtype == dtype


@pytest.mark.parametrize("dtype", DTYPES)
def test_functions_of_matrices_match_scipy(dtype):
    a = random(dtype, 2, 4, 4)
    tol = tolerance(dtype) * 30
    for got, want in (
        (L.det(a), np.linalg.det(a)),
        (L.expm(a), scipy.linalg.expm(a)),
        (L.pinv(a[..., :3], 1e-6), np.linalg.pinv(a[..., :3])),
        (L.sqrtm(a @ ah(a)), np.stack([scipy.linalg.sqrtm(x) for x in a @ ah(a)])),
        (L.inverse(a), np.linalg.inv(a)),
        (L.slogdet(a)[1], np.linalg.slogdet(a)[1]),
    ):
        np.testing.assert_allclose(got, want, rtol=tol, atol=tol)
    assert L.expm(a).dtype == L.det(a).dtype == dtype


def test_tridiagonal_and_sylvester():
    dl, d, du, b = A[0], A[1] + 4, A[2], B
    full = np.diag(d) + np.diag(dl[1:], -1) + np.diag(du[:-1], 1)
    np.testing.assert_allclose(full @ L.tridiagonal_solve(dl, d, du, b), b, atol=1e-12)
    c = random(np.complex128, 4, 3)
    x = L.sylvester(A.astype(complex), STACK[0].astype(complex), c)
    np.testing.assert_allclose(A @ x + x @ STACK[0], c, atol=1e-10)


def test_householder_product_matches_qr():
    (h, taus), r = scipy.linalg.qr(TALL, mode="raw")
    q = L.householder_product(np.ascontiguousarray(h), taus)
    np.testing.assert_allclose(q @ r[:3], TALL, atol=1e-12)


# --- special points -------------------------------------------------------------------------------


def test_bad_matrices_give_nan_without_spoiling_the_batch():
    good, bad = np.eye(2) * 4, np.array([[1.0, 2.0], [2.0, 1.0]])
    out = fl.vmap(lambda a: L.cholesky(a))(np.stack([good, bad]))
    np.testing.assert_array_equal(out[0], np.eye(2) * 2)
    assert np.isnan(out[1]).all()
    x = L.linear_solve(np.stack([good, np.ones((2, 2))]), np.ones((2, 2, 1)))
    np.testing.assert_allclose(x[0], 0.25)
    assert not np.isfinite(x[1]).all()
    w = L.eigh(np.stack([good, bad * np.nan]))[1]
    np.testing.assert_array_equal(w[0], [4, 4])
    assert np.isnan(w[1]).all()


def test_only_one_triangle_is_read_and_the_gradient_is_symmetric():
    h = spd(A)
    spoiled = h + np.triu(np.full((4, 4), 7.0), 1)
    np.testing.assert_array_equal(
        L.cholesky(spoiled, symmetrize_input=False), L.cholesky(h, symmetrize_input=False)
    )
    g = fl.grad(lambda a: fnp.sum(L.cholesky(a, symmetrize_input=False)))(h)
    np.testing.assert_allclose(g, g.T, atol=1e-14)
    w = L.eigh(spoiled, symmetrize_input=False)[1]
    np.testing.assert_allclose(w, np.linalg.eigvalsh(h), atol=1e-12)


def along(f, t):
    """The derivative of f in the direction t."""
    return lambda x: fl.jvp(f, (x,), (t,))[1]


@pytest.mark.parametrize("rank", [0, 1, 2, 3])
@pytest.mark.parametrize("n", [1, 3])
def test_determinant_has_every_derivative_at_every_rank(rank, n):
    """Against the Leibniz formula, which is a polynomial."""
    from itertools import permutations

    rank = min(rank, n)
    rng = np.random.default_rng(rank)
    a = rng.standard_normal((n, rank)) @ rng.standard_normal((rank, n))

    def leibniz(x):
        total = 0.0
        for p in permutations(range(n)):
            sign = np.linalg.det(np.eye(n)[list(p)])
            term = sign
            for i, j in enumerate(p):
                term = term * fnp.sum(x * np.eye(n)[i][:, None] * np.eye(n)[j])
            total = total + term
        return total

    f, g = L.det, leibniz
    for _ in range(4):
        np.testing.assert_allclose(fl.jit(f)(a) if _ == 0 else f(a), g(a), atol=1e-9, rtol=1e-8)
        np.testing.assert_allclose(fl.grad(f)(a), fl.grad(g)(a), atol=1e-9, rtol=1e-8)
        t = rng.standard_normal((n, n))
        f, g = along(f, t), along(g, t)


@pytest.mark.parametrize(
    "call",
    [
        lambda a: fl.jvp(L.expm, (a,), (np.ones_like(a),))[1],
        lambda a: fl.jvp(L.expm, (np.diag([700.0, 710.0]),), (1e300 * np.ones_like(a),))[1],
        lambda a: L.sylvester(a, a, a),
    ],
    ids=["expm", "overflow", "sylvester"],
)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_gives_nan(call, bad):
    """The branch of a batched cond that is not taken must not stop the program."""
    with np.errstate(all="ignore"):
        assert np.isnan(call(np.array([[bad, 1.0], [0.0, 1.0]]))).all()


def test_third_derivative_of_expm():
    def series(x):
        total = term = np.eye(3)
        for k in range(1, 30):
            term = term @ x / k
            total = total + term
        return total

    t = random(np.float64, 3, 3, 3, seed=5)
    x = STACK[0]

    def third(f):
        for i in range(3):
            f = along(f, t[i])
        return f

    np.testing.assert_allclose(third(L.expm)(x), third(series)(x), atol=1e-11)
    loss = lambda f: lambda x: fnp.sum(fl.jvp(f, (x,), (t[0],))[1] * t[1])  # noqa: E731
    got = fl.grad(lambda x: fnp.sum(fl.grad(loss(L.expm))(x) * t[2]))(x)
    want = fl.grad(lambda x: fnp.sum(fl.grad(loss(series))(x) * t[2]))(x)
    np.testing.assert_allclose(got, want, atol=1e-10)


def test_equal_eigenvalues():
    a = np.diag([1.0, 1.0, 3.0])
    g = fl.grad(lambda x: fnp.sum(L.eigh(x)[1] * np.array([1.0, 2.0, 3.0])))(a)
    assert np.isfinite(g).all()
    assert np.trace(g) == pytest.approx(6)
    bad = fl.grad(lambda x: fnp.sum(L.eigh(x)[0] * A[:3, :3]))(a)
    assert not np.isfinite(bad).all()

    # exp(A) from eigenvectors does not depend on their choice.
    def by_eigenvectors(x):
        v, w = L.eigh(x, masked_gaps=True)
        return fnp.sum((v * fnp.exp(w)) @ T(v) * C)

    C = A[:3, :3] + A[:3, :3].T
    got = fl.grad(by_eigenvectors)(a)
    # Its derivative has entries C_ij (e^wi - e^wj) / (wi - wj), where the masked gap gives 0.
    want = fl.grad(lambda x: fnp.sum(L.expm((x + x.T) / 2) * C))(a)
    keep = np.abs(np.subtract.outer(np.diag(a), np.diag(a))) + np.eye(3) > 0
    np.testing.assert_allclose(got[keep], want[keep], atol=1e-12)
    assert np.isfinite(got).all()


def test_projector_on_an_eigenspace_with_masked_gaps():
    """The projector on the space of the two equal eigenvalues is smooth there."""
    a = np.diag([1.0, 1.0, 3.0])

    def projector(x):
        v, _ = L.eigh(x, masked_gaps=True)
        v = v * np.array([1.0, 1.0, 0.0])
        return v @ T(v)

    t = A[:3, :3] + A[:3, :3].T
    got = fl.jvp(projector, (a,), (t,))[1]
    eps = 1e-6
    want = (projector(a + eps * t) - projector(a - eps * t)) / (2 * eps)
    np.testing.assert_allclose(got, want, atol=1e-6)


def test_equal_and_zero_singular_values():
    for a in (np.eye(3), np.zeros((3, 2)), np.diag([2.0, 2.0, 0.0])):
        g = fl.grad(lambda x: fnp.sum(L.svd(x, full_matrices=False)[1]))(a)
        assert np.isfinite(g).all()
        assert np.isfinite(fl.grad(lambda x: fnp.sum(L.svd(x, compute_uv=False)))(a)).all()
    np.testing.assert_allclose(
        fl.grad(lambda x: fnp.sum(L.svd(x, compute_uv=False)))(np.eye(3)), np.eye(3), atol=1e-14
    )


@pytest.mark.parametrize("a", [TALL, WIDE])
def test_full_factors_have_derivatives_where_the_choice_does_not_matter(a):
    def outside(x):
        u, s, vh = L.svd(x)
        q, r = L.qr(x)
        k = len(s)
        m, n = x.shape
        mask_u, mask_v = np.arange(m) >= k, np.arange(n) >= k
        u2, v2, q2 = u * mask_u, T(vh) * mask_v, q * mask_u
        return [u2 @ T(u2), v2 @ T(v2), q2 @ T(q2), r, s]

    check_rules(outside, [a], tol=1e-5)


def test_schur_says_why_it_has_no_derivative():
    with pytest.raises(fl.errors.MissingRuleError, match="Schur form"):
        fl.grad(lambda a: fnp.sum(L.schur(a)[0]))(A)


def test_factors_are_computed_once_for_all_derivatives():
    b = RNG.standard_normal((17, 1))
    jaxpr = fl.make_jaxpr(fl.grad(lambda a, b: fnp.sum(L.linear_solve(a, b) ** 2), (0, 1)))(
        LARGE, b
    )
    names = [e.primitive.name for e in jaxpr.jaxpr.eqns]
    assert names.count("linear_factor") == 1
    assert names.count("linear_solve") == 2


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: L.det(np.ones((2, 3))), fl.ShapeError, "square"),
        (lambda: L.qr(np.ones(3)), fl.ShapeError, "last two axes"),
        (lambda: fl.make_jaxpr(L.lu)(np.eye(2, dtype=int)), fl.DTypeError, "float32"),
        (lambda: L.linear_solve(A, np.ones((3, 1))), fl.ShapeError, "do not fit"),
    ],
)
def test_errors_say_what_is_wrong(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- complex, by JAX's convention -----------------------------------------------------------------

Z = random(np.complex128, 4, 4, seed=7)
ZT = random(np.complex128, 5, 3, seed=8)
H = Z @ ah(Z) + 4 * np.eye(4)
W4 = random(np.complex128, 4, 4, seed=9)


def magnitude(x):
    return x.real**2 + 3 * x.imag**2


COMPLEX = {
    "cholesky": (lambda L, np_, a: L.cholesky(a @ np_.conj(a.T) + 4 * np.eye(4)), Z),
    "qr": (lambda L, np_, a: L.qr(a, full_matrices=False)[1], ZT),
    "qr_q": (lambda L, np_, a: L.qr(a, full_matrices=False)[0], ZT),
    "lu": (lambda L, np_, a: L.lu(a)[0], Z),
    "svdvals": (lambda L, np_, a: L.svd(a, full_matrices=False)[1] + 0j, ZT),
    "svd": (lambda L, np_, a: _low_rank(np_, *L.svd(a, full_matrices=False)), ZT),
    "eigh": (lambda L, np_, a: _projector(np_, L.eigh(a @ np_.conj(a.T))[0]), Z),
    "triangular": (
        lambda L, np_, a: L.triangular_solve(
            a, a @ a, left_side=True, lower=True, transpose_a=True, conjugate_a=True
        ),
        Z + 4 * np.eye(4),
    ),
}


def _low_rank(np_, u, s, vh):
    return (u[:, :1] * np_.sqrt(s[:1])) @ vh[:1]


def _projector(np_, v):
    return v[:, :1] @ np_.conj(v[:, :1].T)


@pytest.mark.peer
@pytest.mark.parametrize("name", COMPLEX)
def test_complex_gradients_match_jax(name):
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")
    f, a = COMPLEX[name]
    with jax.enable_x64(True):
        want = jax.grad(lambda x: jax.numpy.sum(magnitude(f(jax.lax.linalg, jax.numpy, x))))(a)
        got = fl.grad(lambda x: fnp.sum(magnitude(f(L, fnp, x))))(a)
        np.testing.assert_allclose(got, np.asarray(want), rtol=1e-8, atol=1e-9)


@pytest.mark.peer
@pytest.mark.parametrize("name", ["det", "slogdet", "inv", "pinv", "solve", "expm", "eigvals"])
def test_complex_gradients_of_functions_match_jax(name):
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")

    def functions(la, expm):
        return {
            "det": la.det,
            "slogdet": lambda x: la.slogdet(x)[0] * la.slogdet(x)[1],
            "inv": la.inv,
            "pinv": lambda x: la.pinv(x[:, :3]),
            "solve": lambda x: la.solve(x, W4),
            "expm": expm,
            "eigvals": lambda x: la.eigvals(x) ** 3,
        }

    with jax.enable_x64(True):
        theirs = functions(jax.numpy.linalg, jax.scipy.linalg.expm)[name]
        ours = functions(fnp.linalg, L.expm)[name]
        want = jax.grad(lambda x: jax.numpy.sum(magnitude(theirs(x))))(Z)
        got = fl.grad(lambda x: fnp.sum(magnitude(ours(x))))(Z)
        np.testing.assert_allclose(got, np.asarray(want), rtol=1e-7, atol=1e-8)


def test_eig_vectors():
    """Functions that do not see the phase: the outer products of unit eigenvectors."""
    b = STACK[0]

    def f(a):
        w, v = L.eig(a)
        p = fnp.absolute(v) ** 2
        return [fnp.real(w) ** 2 + fnp.imag(w) ** 2, p]

    check_rules(f, [b], tol=1e-5)
