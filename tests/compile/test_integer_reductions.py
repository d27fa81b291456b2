"""Bitwise reductions of integers are bitwise in compiled kernels too."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite.compile.executor import compile_mode
from functorch_lite.testing import prim


@pytest.mark.parametrize("name", ["reduce_and", "reduce_or", "reduce_xor"])
@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool"])
@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1)])
def test_compiled_equals_numpy(name, dtype, axes):
    x = np.array([[1, 5, 3], [3, 4, 7]]).astype(dtype)
    ufunc = {"reduce_and": np.bitwise_and, "reduce_or": np.bitwise_or, "reduce_xor": np.bitwise_xor}
    with compile_mode("always"):
        got = fl.jit(lambda x: getattr(prim, name)(x, axes=axes))(x)
    np.testing.assert_array_equal(got, ufunc[name].reduce(x, axis=axes))
    assert got.dtype == x.dtype
