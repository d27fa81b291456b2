"""Structured matrices, reductions of matrices, complex special functions against SciPy."""

import numpy as np
import pytest
import scipy.linalg
import scipy.special

import functorch_lite as fl
from functorch_lite.scipy import linalg as ours
from functorch_lite.scipy import special
from tests.rules import check_rules
from tests.scipy.agree import check_agrees

RNG = np.random.default_rng(0)
A = RNG.standard_normal((5, 5))
CALLS = {
    "circulant": (lambda m, c: m.circulant(c), [A[0]]),
    "companion": (lambda m, c: m.companion(c), [A[0]]),
    "companion of a line": (lambda m, c: m.companion(c), [A[0, :2]]),
    "convolution_matrix": (lambda m, c: m.convolution_matrix(c, 3, "full"), [A[0]]),
    "convolution_matrix same": (lambda m, c: m.convolution_matrix(c, 6, "same"), [A[0]]),
    "convolution_matrix valid": (lambda m, c: m.convolution_matrix(c, 7, "valid"), [A[0]]),
    "fiedler": (lambda m, c: m.fiedler(c), [A[0]]),
    "hankel": (lambda m, c, r: m.hankel(c, r), [A[0], A[1, :3]]),
    "hankel of one": (lambda m, c: m.hankel(c), [A[0]]),
    "leslie": (lambda m, c, r: m.leslie(c, r), [A[0], A[1, :4]]),
    "hessenberg": (lambda m, a: m.hessenberg(a, calc_q=True), [A]),
    "eigh_tridiagonal": (lambda m, d, e: m.eigh_tridiagonal(d, e, eigvals_only=True), [A[0], A[1, :4]]),
    "eigh_tridiagonal some": (
        lambda m, d, e: m.eigh_tridiagonal(d, e, eigvals_only=True, select="i", select_range=(1, 2)),
        [A[0], A[1, :4]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_agrees_with_scipy(name):
    check_agrees(ours, scipy.linalg, *CALLS[name])


@pytest.mark.parametrize("n", range(2, 8))
def test_fiedler_companion(n):
    a = RNG.uniform(1, 2, n + 1)
    check_agrees(ours, scipy.linalg, lambda m, a: m.fiedler_companion(a), [a])


@pytest.mark.parametrize("n", [1, 2, 4])
def test_constant_matrices(n):
    for name in ("hadamard", "helmert", "hilbert", "invhilbert", "pascal", "invpascal", "dft"):
        if n == 1 and name == "helmert":
            continue
        np.testing.assert_allclose(
            getattr(ours, name)(n), getattr(scipy.linalg, name)(n), atol=1e-12
        )
    np.testing.assert_array_equal(ours.pascal(n, "lower"), scipy.linalg.pascal(n, "lower"))


def test_functions_of_matrices():
    np.testing.assert_allclose(ours.funm(A, np.exp), scipy.linalg.expm(A), atol=1e-10)
    out, error = ours.funm(A, np.exp, disp=False)
    assert error < 1e-12
    t, z = scipy.linalg.schur(A)
    ct, cz = ours.rsf2csf(t, z)
    np.testing.assert_allclose(cz @ ct @ cz.conj().T, A, atol=1e-12)
    np.testing.assert_allclose(np.tril(ct, -1), 0, atol=1e-12)
    w, v = ours.eigh_tridiagonal(A[0], A[1, :4])
    full = np.diag(A[0]) + np.diag(A[1, :4], 1) + np.diag(A[1, :4], -1)
    np.testing.assert_allclose(full @ v, v * w, atol=1e-12)


@pytest.mark.parametrize("mode", ["left", "right"])
def test_qr_multiply(mode):
    a, c = A[:, :3], RNG.standard_normal((5, 5) if mode == "right" else (3, 2))
    cq, r = ours.qr_multiply(a, c, mode)
    q, r_again = np.linalg.qr(a)
    np.testing.assert_allclose(cq, c @ q if mode == "right" else q @ c, atol=1e-12)
    np.testing.assert_allclose(r, r_again, atol=1e-12)
    vector = ours.qr_multiply(a, c[0], mode)[0] if mode == "right" else None
    assert vector is None or vector.shape == (3,)


def test_batches():
    c = RNG.standard_normal((2, 4))
    for name in ("circulant", "fiedler", "companion", "fiedler_companion", "hankel"):
        f = getattr(ours, name)
        np.testing.assert_allclose(f(c), np.stack([f(row) for row in c]))


def test_mistakes_are_explained():
    with pytest.raises(fl.ShapeError, match="survival"):
        ours.leslie(A[0], A[1])
    with pytest.raises(fl.ShapeError, match="diagonals"):
        ours.eigh_tridiagonal(A[0], A[1])
    with pytest.raises(ValueError, match="mode"):
        ours.convolution_matrix(A[0], 3, "all")
    with pytest.raises(fl.ShapeError, match="length 2"):
        ours.companion([1.0])


# --- special functions ----------------------------------------------------------------------------


def test_bessel_functions_of_integer_order():
    z = np.array([-7.0, -1.0, 0.0, 1e-9, 0.5, 2.0, 9.0])
    got = special.bessel_jn(z, v=4)
    want = np.stack([scipy.special.jv(n, z) for n in range(5)])
    np.testing.assert_allclose(got, want, atol=1e-13)
    check_rules(lambda z: special.bessel_jn(z, v=3), [z], order=2)


def test_complex_functions():
    z = RNG.standard_normal(6) + 1j * RNG.standard_normal(6)
    for name in ("wofz", "loggamma"):
        f, theirs = getattr(special, name), getattr(scipy.special, name)
        np.testing.assert_allclose(f(z), theirs(z), rtol=1e-12)
        h = 1e-6
        slope = (theirs(z + h) - theirs(z - h)) / (2 * h)
        np.testing.assert_allclose(fl.jvp(f, (z,), (np.ones_like(z),))[1], slope, rtol=1e-7)
        np.testing.assert_allclose(fl.vmap(f)(z), theirs(z), rtol=1e-12)
    x = np.array([-0.5, 0.5, 3.0])
    np.testing.assert_allclose(special.loggamma(x), scipy.special.loggamma(x))
    np.testing.assert_allclose(special.wofz(x), scipy.special.wofz(x))
    check_rules(special.loggamma, [x[1:]])


def test_spherical_harmonics():
    n, m = np.array([0, 1, 1, 2, 3, 4]), np.array([0, -1, 1, -2, 0, 3])
    t, p = RNG.uniform(0.1, 3, 6), RNG.uniform(0, 6, 6)
    want = scipy.special.sph_harm_y(n, m, t, p)
    np.testing.assert_allclose(special.sph_harm_y(n, m, t, p), want, atol=1e-13)
    jitted = fl.jit(lambda *a: special.sph_harm_y(*a, n_max=4))
    np.testing.assert_allclose(jitted(n, m, t, p), want, atol=1e-13)
    check_rules(lambda t, p: special.sph_harm_y(n, m, t, p).real, [t, p])
    with pytest.raises(fl.ShapeError, match="n_max"):
        fl.jit(special.sph_harm_y)(n, m, t, p)
