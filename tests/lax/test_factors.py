"""Hessenberg and tridiagonal forms, products with reflectors, updates of factors, ragged products."""

import numpy as np
import pytest
import scipy.linalg

import functorch_lite as fl
from functorch_lite import lax
from functorch_lite.lax import linalg
from tests.rules import check_rules

RNG = np.random.default_rng(0)
A = RNG.standard_normal((5, 5))
Z = A + 1j * RNG.standard_normal((5, 5))
SPD = A @ A.T + np.eye(5)


@pytest.mark.parametrize("a", [A, Z, np.triu(A, -1), A[:1, :1], A[:2, :2]])
def test_hessenberg_packs_as_lapack(a):
    packed, taus = linalg.hessenberg(a)
    gehrd = scipy.linalg.get_lapack_funcs("gehrd", (a,))
    want, want_taus, info = gehrd(a)
    np.testing.assert_allclose(packed, want, atol=1e-12)
    np.testing.assert_allclose(taus, want_taus, atol=1e-12)


@pytest.mark.parametrize("lower", [True, False])
def test_tridiagonal_forms_have_the_eigenvalues(lower):
    for a in (SPD, Z @ Z.conj().T):
        half = np.tril(a) if lower else np.triu(a)  # the other triangle is not read
        _, d, e, _ = linalg.tridiagonal(half, lower=lower)
        w = scipy.linalg.eigvalsh_tridiagonal(d, e)
        np.testing.assert_allclose(w, np.linalg.eigvalsh(a), rtol=1e-10)


@pytest.mark.parametrize("transpose", [False, True])
@pytest.mark.parametrize("left", [False, True])
def test_products_with_reflectors(left, transpose):
    for a in (A[:, :3], Z[:, :3]):
        geqrf, q_of = scipy.linalg.get_lapack_funcs(
            ("geqrf", "ungqr" if a.dtype.kind == "c" else "orgqr"), (a,)
        )
        packed, taus = geqrf(a)[:2]
        square = np.zeros((5, 5), a.dtype)
        square[:, :3] = packed
        q = q_of(square, np.concatenate([taus, np.zeros(2, a.dtype)]))[0]
        q = q.conj().T if transpose else q
        got = linalg.ormqr(packed, taus, A, left=left, transpose=transpose)
        np.testing.assert_allclose(got, q @ A if left else A @ q, atol=1e-12)


def test_updates_of_cholesky_factors():
    r, w = np.linalg.cholesky(SPD).T, A[0]
    new = linalg.cholesky_update(r, w)
    np.testing.assert_allclose(new.T @ new, SPD + np.outer(w, w), atol=1e-10)
    np.testing.assert_allclose(np.tril(new, -1), 0, atol=1e-12)
    check_rules(linalg.cholesky_update, [r, w], order=1)


def test_forms_have_derivatives_and_vmaps():
    check_rules(lambda a: linalg.hessenberg(a), [A], order=1)
    check_rules(lambda a: linalg.tridiagonal(a)[1], [SPD], order=1)


def test_mistakes_are_explained():
    with pytest.raises(fl.ShapeError, match="square"):
        linalg.hessenberg(A[:3])
    with pytest.raises(fl.ShapeError, match="do not fit"):
        linalg.cholesky_update(A, A[0, :2])


# --- ragged products ------------------------------------------------------------------------------

ROWS, EXPERTS = RNG.standard_normal((6, 3)), RNG.standard_normal((3, 3, 2))


def test_each_group_of_rows_has_its_matrix():
    for sizes in ([2, 1, 3], [0, 6, 0], [1, 1, 1]):
        ends = np.cumsum(sizes)
        want = np.zeros((6, 2))
        for n, (size, end) in enumerate(zip(sizes, ends, strict=True)):
            want[end - size : end] = ROWS[end - size : end] @ EXPERTS[n]
        np.testing.assert_allclose(lax.ragged_dot(ROWS, EXPERTS, np.array(sizes)), want)
    check_rules(lambda x, y: lax.ragged_dot(x, y, np.array([2, 1, 3])), [ROWS, EXPERTS], order=1)


def test_ragged_contractions_have_a_result_for_each_group():
    numbers = lax.RaggedDotDimensionNumbers((((0,), (0,)), ((), ())), [0], [])
    got = lax.ragged_dot_general(ROWS, ROWS[:, :2], np.array([2, 4]), numbers)
    want = np.stack([ROWS[:2].T @ ROWS[:2, :2], ROWS[2:].T @ ROWS[2:, :2]])
    np.testing.assert_allclose(got, want)


def test_ragged_mistakes_are_explained():
    with pytest.raises(fl.ShapeError, match="right operands"):
        lax.ragged_dot(ROWS, EXPERTS, np.array([3, 3]))
    with pytest.raises(fl.UnsupportedNumPyError, match="group_offset"):
        lax.ragged_dot(ROWS, EXPERTS, np.array([2, 2, 2]), group_offset=np.array([0]))
    numbers = lax.RaggedDotDimensionNumbers((((1,), (1,)), ((), ())), [0, 1], [0])
    with pytest.raises(fl.ShapeError, match="one ragged axis"):
        lax.ragged_dot_general(ROWS, EXPERTS, np.array([2, 2, 2]), numbers)


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint8", "uint32", "uint64"])
def test_upper_halves_of_products(dtype):
    info = np.iinfo(dtype)
    x = np.array([info.min, info.min + 1, info.max, info.max - 1, 7, 0, info.max // 3], dtype)
    x, y = (v.ravel() for v in np.meshgrid(x, x))
    bits = info.bits
    want = [(int(a) * int(b)) >> bits for a, b in zip(x, y, strict=True)]
    assert lax.mulhi(x, y).tolist() == want
    assert fl.jit(lax.mulhi)(x, y).tolist() == want


def test_what_depends_on_the_platform():
    assert lax.platform_dependent(2.0, cpu=lambda x: x + 1, default=lambda x: x) == 3
    assert lax.platform_dependent(2.0, tpu=lambda x: x + 1, default=lambda x: x) == 2
    with pytest.raises(NotImplementedError, match="cpu"):
        lax.platform_dependent(2.0, tpu=lambda x: x)
    assert lax.broadcast_like(np.ones(3), np.zeros((2, 3))).shape == (2, 3)
