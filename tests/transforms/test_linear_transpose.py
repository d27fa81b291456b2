"""linear_transpose refuses functions that are not linear, instead of giving zeros."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.errors import FunctorchLiteError
from functorch_lite.testing import prim


@pytest.mark.parametrize(
    "f",
    [
        lambda y: 1.0 / y,
        lambda y: y * y,
        fnp.sin,
        lambda y: prim.mul_zero(1.0, y),
        lambda y: fl.numpy.linalg.det(fnp.ones((2, 2)) * y),
    ],
)
def test_not_linear(f):
    with pytest.raises(FunctorchLiteError):
        fl.linear_transpose(f, 2.0)(1.0)


@pytest.mark.parametrize("name", ["det_form", "expm"])
def test_forms_are_not_linear_in_the_point(name):
    e = np.ones((3, 3))
    with pytest.raises(FunctorchLiteError):
        fl.linear_transpose(lambda a: getattr(prim, name)(a, e), e)(e)
