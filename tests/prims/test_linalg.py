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
