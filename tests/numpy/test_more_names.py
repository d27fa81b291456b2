"""Names of NumPy's that came with JAX's list: windows, blocks, grids, bits, reductions past NaN."""

import io

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import lax, nn, random
from functorch_lite import numpy as fnp
from tests.numpy.agree import check_agrees

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((2, 3, 4))
HOLES = np.where(RNG.random((3, 4)) < 0.3, np.nan, X)
BITS = RNG.random((3, 11)) > 0.5
BYTES = RNG.integers(0, 256, (2, 3)).astype(np.uint8)
# name: function, arguments, order of derivatives
ROWS = {
    "i0": (lambda n, x: n.i0(x), [X], 2),
    "kaiser": (lambda n, b: n.kaiser(9, b), [np.array(4.0)], 2),
    "kaiser of one": (lambda n, b: n.kaiser(1, b), [np.array(4.0)], 0),
    "block": (lambda n, x, y: n.block([[x, y], [y, x]]), [X, Y], 1),
    "block of lists": (lambda n, x, y: n.block([x[0], y[0, :2]]), [X, Y], 1),
    "block of ranks": (lambda n, x: n.block([[x, np.ones((3, 1))], [np.zeros(5)]]), [X], 1),
    "matvec": (lambda n, x, y: n.matvec(x, y), [RNG.standard_normal((2, 3, 4)), X[0]], 1),
    "vecmat": (lambda n, x, y: n.vecmat(x, y), [X[:, 0], RNG.standard_normal((2, 3, 4))], 1),
    "vecmat complex": (lambda n, x, y: n.vecmat(x, y), [X[:, 0] * 1j, X + 0j], 0),
    "nanvar": (lambda n, x: n.nanvar(x, axis=1, ddof=1), [HOLES], 0),
    "nanstd": (lambda n, x: n.nanstd(x, axis=0, keepdims=True), [HOLES], 0),
    "nanstd of all": (lambda n, x: n.nanstd(x), [X], 1),
    "nanargmax": (lambda n, x: n.nanargmax(x, axis=1), [HOLES], 0),
    "nanargmin": (lambda n, x: n.nanargmin(x), [HOLES], 0),
    "packbits": (lambda n, x: n.packbits(x, axis=1), [BITS], 0),
    "packbits little": (lambda n, x: n.packbits(x, bitorder="little"), [BITS], 0),
    "unpackbits": (lambda n, x: n.unpackbits(x, axis=1, count=20), [BYTES], 0),
    "unpackbits more": (lambda n, x: n.unpackbits(x, axis=0, count=19, bitorder="little"), [BYTES], 0),
    "spacing": (lambda n, x: n.spacing(x), [X * 1e3], 0),
    "geomspace": (lambda n, x: n.geomspace(x, 100.0, 5), [np.array([1.0, 2.0])], 1),
    "geomspace open": (lambda n, x: n.geomspace(x, 9.0, 4, endpoint=False), [np.array(2.0)], 1),
    "linspace of array and number": (lambda n, x: n.linspace(x, 5.0, 7), [np.array([0.0, 1.0])], 1),
    "linspace of number and array": (lambda n, x: n.linspace(0.0, x, 4, axis=1), [X[0]], 1),
    "r_": (lambda n, x: n.r_[x[0], 1.0, x[1]], [X], 1),
    "r_ with a slice": (lambda n, x: n.r_[0:3:4j, x[0]], [X], 1),
    "r_ with a directive": (lambda n, x: n.r_["0,2", x, x[0]], [X], 1),
    "c_": (lambda n, x: n.c_[x[0], x[1]], [X], 1),
    "c_ of matrices": (lambda n, x, y: n.c_[x, y], [X, Y], 1),
    "vecdot of small integers": (lambda n, x: n.vecdot(x, x), [BYTES], 0),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_agrees_with_numpy(name):
    f, args, order = ROWS[name]
    check_agrees(f, args, order=order, value_tol=1e-11)


@pytest.mark.parametrize("name", ["bartlett", "blackman", "hamming", "hanning"])
def test_windows(name):
    for m in (0, 1, 2, 7):
        np.testing.assert_array_equal(getattr(fnp, name)(m), getattr(np, name)(m))


def test_names_that_are_numpys_own():
    for name in ("s_", "index_exp", "mgrid", "ogrid", "iterable", "printoptions", "load"):
        assert getattr(fnp, name) is getattr(np, name)
    assert fnp.double is np.float64 and fnp.euler_gamma == np.euler_gamma
    np.testing.assert_array_equal(fnp.mask_indices(3, fnp.triu, 1), np.mask_indices(3, np.triu, 1))
    assert (
        fnp.einsum_path("ij,jk,kl->il", X, X.T, X)[0]
        == np.einsum_path("ij,jk,kl->il", X, X.T, X)[0]
    )
    np.testing.assert_array_equal(fnp.frombuffer(X.tobytes()), X.ravel())
    np.testing.assert_array_equal(fnp.fromiter(range(3), float), [0, 1, 2])
    assert fnp.from_dlpack(X)[0, 0] == X[0, 0]


def test_saving():
    file = io.BytesIO()
    fnp.save(file, X)
    file.seek(0)
    np.testing.assert_array_equal(fnp.load(file), X)
    file = io.BytesIO()
    fnp.savez(file, x=X)
    file.seek(0)
    np.testing.assert_array_equal(fnp.load(file)["x"], X)
    with pytest.raises(TypeError, match="not known while tracing"):
        fl.jit(lambda x: fnp.save(file, x))(X)


def test_printing():
    assert fnp.array_repr(X) == np.array_repr(X) and fnp.array_str(X) == np.array_str(X)
    seen = []
    fl.jit(lambda x: seen.extend([fnp.array_repr(x), fnp.array_str(x)]))(X)
    assert all("float64[3,4]" in text for text in seen)


def test_where_everything_is_nan():
    all_nan = np.full(3, np.nan)
    assert fl.jit(fnp.nanargmax)(all_nan) == -1
    with pytest.raises(ValueError, match="NaN"):
        fnp.nanargmax(all_nan)
    assert np.isnan(fl.jit(fnp.nanvar)(all_nan))
    assert fl.grad(fnp.nanstd)(np.array([2.0, np.nan, 2.0])).tolist() == [0, 0, 0]


def test_spacing_is_a_staircase():
    assert fl.grad(fnp.spacing)(3.0) == 0.0


def test_mistakes_are_explained():
    with pytest.raises(fl.ShapeError, match="equally deep"):
        fnp.block([[X], X])
    with pytest.raises(fl.ShapeError, match="matvec"):
        fnp.matvec(X[0], X[0])
    with pytest.raises(fl.DTypeError, match="packbits"):
        fl.jit(fnp.packbits)(X)
    with pytest.raises(fl.ShapeError, match="directive"):
        fl.jit(lambda x: fnp.r_["row", x])(X)
    with pytest.raises(ValueError, match="no device 'gpu'"):
        fnp.zeros(2, device="gpu")


@pytest.mark.parametrize(
    ("space", "name", "instead"),
    [
        (fnp, "float8_e4m3fn", "float16"),
        (fnp, "int4", "int8"),
        (lax, "rng_uniform", "functorch_lite.random"),
        (lax, "with_sharding_constraint", "no devices"),
        (lax.linalg, "qdwh", "polar"),
        (nn, "scaled_matmul", "dot_general"),
        (random, "key_dtype", "uint32"),
    ],
)
def test_names_that_are_left_out_say_what_to_use(space, name, instead):
    with pytest.raises(AttributeError, match=instead):
        getattr(space, name)
    assert not hasattr(space, "no_such_name")
