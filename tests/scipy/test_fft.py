"""Cosine transforms against SciPy."""

import numpy as np
import pytest
import scipy.fft as theirs

import functorch_lite as fl
from functorch_lite.scipy import fft as ours
from tests.scipy.agree import check_agrees

X = np.random.default_rng(0).standard_normal((3, 5))


@pytest.mark.parametrize("norm", [None, "ortho", "forward"])
@pytest.mark.parametrize("kind", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["dct", "idct", "dctn", "idctn"])
def test_agrees_with_scipy(name, kind, norm):
    check_agrees(ours, theirs, lambda m, x: getattr(m, name)(x, kind, norm=norm), [X])


def test_sizes_axes_and_dtypes():
    check_agrees(ours, theirs, lambda m, x: m.dct(x, n=8, axis=0), [X])
    check_agrees(ours, theirs, lambda m, x: m.idct(x, n=3), [X])
    check_agrees(ours, theirs, lambda m, x: m.dctn(x, s=(4, 2), axes=(1, 0)), [X])
    check_agrees(ours, theirs, lambda m, x: m.dct(x), [X + 1j * X[::-1]], order=0)
    assert ours.dct(X.astype(np.float32)).dtype == np.float32


def test_mistakes_are_explained():
    with pytest.raises(ValueError, match="type must be"):
        ours.dct(X, 5)
    with pytest.raises(fl.ShapeError, match="two points"):
        ours.dct(X[:, :1], 1)
    with pytest.raises(fl.ShapeError, match="sizes for"):
        ours.dctn(X, s=(2, 3), axes=(0,))
