"""Functions made of functions: vectorize, ufuncs of one's own, along and over axes."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from tests.numpy.agree import check_agrees

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((2, 3, 4))
ROWS = {
    "along": (lambda n, x: n.apply_along_axis(lambda r: r * r.sum(), 0, x), [X]),
    "along to scalars": (lambda n, x: n.apply_along_axis(lambda r: (r * r).sum(), 1, x), [X]),
    "along to matrices": (lambda n, x: n.apply_along_axis(lambda r: r[:, None] * r, 1, x), [X]),
    "over": (lambda n, x: n.apply_over_axes(n.sum, x, [0, 2]), [RNG.standard_normal((2, 3, 4))]),
    "fromfunction": (lambda n, x: n.fromfunction(lambda i, j: i * x[0, 0] + j, (2, 3)), [X]),
}


@pytest.mark.parametrize("name", ROWS)
def test_agrees_with_numpy(name):
    check_agrees(*ROWS[name])


def test_vectorize_maps_and_broadcasts():
    f = fnp.vectorize(lambda a, b: fnp.where(a > b, a * b, a))
    want = np.where(X[:, None] > Y, X[:, None] * Y, X[:, None] + 0 * Y)
    np.testing.assert_allclose(f(X[:, None], Y), want)
    np.testing.assert_allclose(fl.jit(f)(X[:, None], Y), want)
    np.testing.assert_allclose(fl.vmap(f)(X, Y), np.where(X > Y, X * Y, X))
    got = fl.grad(lambda x: f(x, 2.0).sum())(X)
    np.testing.assert_allclose(got, np.where(X > 2, 2.0, 1.0))


def test_vectorize_with_core_dimensions():
    f = fnp.vectorize(lambda a, b: (a @ b, a.sum()), signature="(m,n),(n)->(m),()")
    a, b = RNG.standard_normal((5, 1, 3, 4)), RNG.standard_normal((2, 4))
    product, total = f(a, b)
    np.testing.assert_allclose(
        product, np.einsum("abmn,bn->abm", np.broadcast_to(a, (5, 2, 3, 4)), b)
    )
    np.testing.assert_allclose(total, np.broadcast_to(a.sum((2, 3)), (5, 2)))


def test_vectorize_excludes_and_takes_keywords():
    f = fnp.vectorize(lambda x, n, *, scale: scale * x**n, excluded=(1,))
    np.testing.assert_allclose(f(X, 2, scale=Y), Y * X**2)
    g = fnp.vectorize(lambda x, scale: x * scale["by"], excluded={"scale"})
    np.testing.assert_allclose(g(X, scale={"by": 3.0}), 3 * X)


def test_vectorize_explains_mistakes():
    with pytest.raises(fl.ShapeError, match="core dimension 'n'"):
        fnp.vectorize(lambda a, b: a, signature="(n),(n)->()")(np.ones(2), np.ones(3))
    with pytest.raises(fl.ShapeError, match="lacks the core"):
        fnp.vectorize(lambda a: a, signature="(m,n)->()")(np.ones(2))
    with pytest.raises(ValueError, match="no signature"):
        fnp.vectorize(lambda a: a, signature="(m,n->()")
    with pytest.raises(TypeError, match="for 2 arguments"):
        fnp.vectorize(lambda a, b: a, signature="(n),(n)->()")(np.ones(2))


def test_ufunc_methods():
    f = fnp.frompyfunc(lambda a, b: a * b + a, 2, 1)
    theirs = np.frompyfunc(lambda a, b: a * b + a, 2, 1)
    np.testing.assert_allclose(f(X, Y), X * Y + X)
    for axis in (0, 1):
        np.testing.assert_allclose(f.reduce(X, axis), theirs.reduce(X, axis).astype(float))
        np.testing.assert_allclose(f.accumulate(X, axis), theirs.accumulate(X, axis).astype(float))
    np.testing.assert_allclose(f.outer(X[0], Y), theirs.outer(X[0], Y).astype(float))
    z = X[0].astype(object)
    theirs.at(z, [0, 0, 2], Y[0, :3])
    np.testing.assert_allclose(f.at(X[0], [0, 0, 2], Y[0, :3]), z.astype(float))
    assert f.reduce(X, 0, keepdims=True).shape == (1, 4)
    assert isinstance(f, fnp.ufunc) and "2 arguments" in repr(f)
    with pytest.raises(fl.ShapeError, match="identity"):
        f.reduce(np.zeros((0, 2)))
    with pytest.raises(TypeError, match="two arguments"):
        fnp.frompyfunc(abs, 1, 1).reduce(X)
    with pytest.raises(TypeError, match="takes 2"):
        f(X)
    np.testing.assert_array_equal(
        fnp.frompyfunc(max, 2, 1, identity=0).reduce(np.zeros((0, 2))), [0, 0]
    )
