"""OpSpecs of linear algebra."""

from collections.abc import Callable
from typing import Any

from ... import numpy as fnp
from ...prims import linalg_factor as factor
from ...prims import linalg_functions as functions
from ...prims import linalg_solve as solve
from ...prims import linalg_spectral as spectral
from ...prims import linalg_structured as structured
from ..choices import Choices
from ..program import prim
from .base import (
    REAL_AND_COMPLEX,
    Operand,
    OpSpec,
    Sample,
    Sampler,
    Shape,
    matrices,
    square_shape,
)

__all__ = ["SPECS"]


def _square(kind: str, fn: Callable[..., Any]) -> Sampler:
    return lambda c, s: Sample(fn, [Operand(square_shape(s), matrices(kind))])


def _rhs(kind: str, fn: Callable[..., Any]) -> Sampler:
    def sample(c: Choices, s: Shape) -> Sample:
        shape = square_shape(s)
        return Sample(fn, [Operand(shape, matrices(kind)), Operand((shape[0], 2))])

    return sample


def _triangular(c: Choices, s: Shape) -> Sample:
    shape = square_shape(s)
    left, lower, turn, unit = c.coin(), c.coin(), c.coin(), c.coin()

    def fn(a: Any, b: Any) -> Any:
        return solve.triangular_solve(
            a, b, left_side=left, lower=lower, transpose_a=turn, unit_diagonal=unit
        )

    b = (shape[0], 2) if left else (2, shape[0])
    return Sample(fn, [Operand(shape, matrices("dominant")), Operand(b)])


def _tridiagonal(c: Choices, s: Shape) -> Sample:
    n = max(2, s[-1] if s else 3)

    def fn(dl: Any, d: Any, du: Any, b: Any) -> Any:
        return structured.tridiagonal_solve(dl * 0.2, d * d + 1.0, du * 0.2, b)

    return Sample(fn, [Operand((n,)), Operand((n,)), Operand((n,)), Operand((n, 2))])


def _sylvester(c: Choices, s: Shape) -> Sample:
    shape = square_shape(s)
    operands = [Operand(shape, matrices("dominant"))] * 2 + [Operand(shape)]
    return Sample(structured.sylvester, operands)


def _tall(fn: Callable[..., Any]) -> Sampler:
    def sample(c: Choices, s: Shape) -> Sample:
        n = square_shape(s)[0]
        return Sample(fn, [Operand((n + c.integer(0, 1), n), matrices("tall"))])

    return sample


def _adjoint(a: Any) -> Any:
    return fnp.conj(fnp.swapaxes(a, -1, -2))


def _invariant_svd(a: Any) -> Any:
    """What does not depend on the signs of singular vectors."""
    u, s, vh = spectral.svd(a, full_matrices=False)
    return [s, (u * s**2) @ vh, u @ _adjoint(u)]


def _invariant_eigh(a: Any) -> Any:
    v, w = spectral.eigh(a)
    return [w, (v * fnp.exp(-w)) @ _adjoint(v)]


def _invariant_eig(a: Any) -> Any:
    w, v = spectral.eig(a)
    back = (v * fnp.exp(-w)) @ fnp.linalg.inv(v)
    return [back.real, (w**2).sum().real]


def _lu(a: Any) -> Any:
    return factor.lu(a)[0]


def _permutation(a: Any) -> Any:
    _, pivots, _ = factor.lu(fnp.sin(7.0 * a))
    return factor.lu_pivots_to_permutation(pivots, a.shape[-1])


def _expm_form(c: Choices, s: Shape) -> Sample:
    shape = square_shape(s)
    return Sample(
        lambda a, e: [functions.expm(a), fnp.linalg.solve(functions.expm(a), e)],
        [Operand(shape, matrices("small")), Operand(shape)],
    )


def _det_form(c: Choices, s: Shape) -> Sample:
    n = max(2, square_shape(s)[0])
    return Sample(lambda a, e: prim.det_form(a, e), [Operand((n, n)), Operand((n, n))])


def _factor(a: Any) -> Any:
    return prim.linear_factor(a)[:1]


def _sqrtm(a: Any) -> Any:
    return functions.sqrtm(a).real


SPECS: list[OpSpec] = [
    OpSpec("triangular_solve", _triangular, REAL_AND_COMPLEX),
    OpSpec(
        "linear_factor",
        _square("dominant", _factor),
        REAL_AND_COMPLEX,
        order=1,
        skip={"jvp": "factors are residuals; linear_solve differentiates through the matrix"},
        in_programs=False,
    ),
    OpSpec("linear_solve", _rhs("dominant", solve.linear_solve), REAL_AND_COMPLEX),
    OpSpec("tridiagonal_solve", _tridiagonal, REAL_AND_COMPLEX),
    OpSpec("sylvester", _sylvester, REAL_AND_COMPLEX),
    OpSpec("cholesky", _square("spd", factor.cholesky), REAL_AND_COMPLEX),
    OpSpec("lu", _square("dominant", _lu), REAL_AND_COMPLEX),
    OpSpec("lu_pivots_to_permutation", _square("dominant", _permutation), order=0),
    OpSpec("qr", _tall(lambda a: factor.qr(a, full_matrices=False)), REAL_AND_COMPLEX),
    OpSpec("det_form", _det_form, REAL_AND_COMPLEX, in_programs=False),
    OpSpec("det", _square("dominant", functions.det), REAL_AND_COMPLEX),
    OpSpec("slogdet", _square("dominant", functions.slogdet), REAL_AND_COMPLEX),
    OpSpec("pinv", _tall(lambda a: functions.pinv(a, 1e-8)), REAL_AND_COMPLEX),
    OpSpec("expm", _expm_form, REAL_AND_COMPLEX),
    OpSpec("sqrtm", _square("spd", _sqrtm), ("float64", "complex128", "complex64")),
    OpSpec("eigh", _square("symmetric", _invariant_eigh), REAL_AND_COMPLEX),
    OpSpec("svd", _tall(_invariant_svd), REAL_AND_COMPLEX),
    OpSpec("eig", _square("tall", _invariant_eig), REAL_AND_COMPLEX, tolerance=1e-5),
    OpSpec(
        "schur",
        _square("tall", lambda a: spectral.schur(a)),
        REAL_AND_COMPLEX,
        order=0,
        in_programs=False,
    ),
]
