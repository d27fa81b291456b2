"""x[index] and x.at[index]: NumPy's results, eagerly, jitted, mapped and differentiated."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.ir import check_jaxpr
from functorch_lite.numpy import at

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 3, 5))


# --- every index expression, at random -----------------------------------------------------------


@st.composite
def cases(draw):
    """An array and an index that NumPy accepts."""
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))
    broadcast = tuple(draw(st.lists(st.integers(1, 3), min_size=0, max_size=2)))
    parts = []
    axis, dots = 0, False
    masked = False
    while axis < len(shape):
        n = shape[axis]
        kind = draw(
            st.sampled_from(
                ["int", "slice", "slice", "array", "array", "list", "new", "dots", "mask", "stop"]
            )
        )
        if kind == "stop":
            break
        if kind == "dots":
            if dots:
                continue
            dots = True
            skip = draw(st.integers(0, len(shape) - axis))
            axis += skip
            parts.append((Ellipsis, skip))
            continue
        if kind == "new":
            parts.append(None)
            continue
        if kind == "int":
            parts.append(draw(st.integers(-n, n - 1)))
        elif kind == "slice":
            bound = st.none() | st.integers(-n - 1, n + 1)
            step = draw(st.sampled_from([None, 1, 2, -1, -2, 3]))
            parts.append(slice(draw(bound), draw(bound), step))
        elif kind in ("array", "list"):
            size = tuple(draw(st.sampled_from([k, 1])) for k in broadcast)
            count = int(np.prod(size, dtype=int))
            values = draw(st.lists(st.integers(-n, n - 1), min_size=count, max_size=count))
            a = np.array(values, dtype=np.int64).reshape(size)
            parts.append(a.tolist() if kind == "list" and a.ndim else a)
        elif masked or broadcast not in ((), (1,)):
            continue
        else:
            masked = True
            m = np.zeros(n, bool)
            m[draw(st.integers(0, n - 1))] = True
            parts.append(m)
        axis += 1
    # The ellipsis stands for exactly the axes that were skipped.
    index = []
    for p in parts:
        if isinstance(p, tuple) and p[0] is Ellipsis:
            rest = len(shape) - axis
            index.extend([slice(None)] * p[1] if rest else [Ellipsis])
        else:
            index.append(p)
    x = np.arange(float(np.prod(shape))).reshape(shape) + 1
    index = tuple(index)
    try:
        x[index]
    except IndexError:
        index = ()
    return x, index if len(index) != 1 else index[0]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(cases())
def test_reading_is_numpys(case):
    x, index = case
    want = np.asarray(x[index])
    closed = fl.make_jaxpr(lambda x: x[index])(x)
    check_jaxpr(closed.jaxpr)
    assert closed.out_avals[0].shape == want.shape
    np.testing.assert_array_equal(fl.jit(lambda x: x[index])(x), want, strict=True)
    batch = np.stack([x, -x])
    mapped = fl.vmap(lambda x: x[index])(batch)
    np.testing.assert_array_equal(mapped, np.stack([want, -want]), strict=True)
    weights = np.arange(1.0, want.size + 1).reshape(want.shape)
    _, pull = fl.vjp(lambda x: x[index], x)
    expected = np.zeros_like(x)
    np.add.at(expected, index, weights)
    np.testing.assert_array_equal(pull(weights)[0], expected)
    _, tangent = fl.jvp(lambda x: x[index], (x,), (x * 2,))
    np.testing.assert_array_equal(tangent, want * 2)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(cases(), st.sampled_from(["set", "add", "multiply", "min", "max"]))
def test_writing_is_numpys(case, op):
    x, index = case
    place = x[index]
    values = np.asarray(RNG.standard_normal(np.shape(place)))
    ufunc = {"add": np.add, "multiply": np.multiply, "min": np.minimum, "max": np.maximum}
    want = x.copy()
    if op == "set":
        want[index] = values
    else:
        ufunc[op].at(want, index, values)
    before = x.copy()

    def f(x, v):
        return getattr(at(x)[index], op)(v)

    np.testing.assert_allclose(f(x, values), want, rtol=1e-12)
    np.testing.assert_allclose(fl.jit(f)(x, values), want, rtol=1e-12)
    np.testing.assert_array_equal(x, before)
    batch = np.stack([values, values * 2])
    got = fl.vmap(f, (None, 0))(x, batch)
    np.testing.assert_allclose(got[0], want, rtol=1e-12)
    np.testing.assert_allclose(got[1], f(x, values * 2), rtol=1e-12)
    _, tangent = fl.jvp(f, (x, values), (x, values))
    _, pull = fl.vjp(f, x, values)
    gx, gv = pull(np.ones_like(want))
    np.testing.assert_allclose(np.sum(tangent), np.sum(gx * x) + np.sum(gv * values), rtol=1e-9)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(cases())
def test_traced_integers_read_like_known_ones(case):
    x, index = case
    parts = index if isinstance(index, tuple) else (index,)
    dynamic = [i for i, p in enumerate(parts) if isinstance(p, int | np.ndarray | list)]
    dynamic = [i for i in dynamic if np.asarray(parts[i]).dtype != bool]

    def f(x, *traced):
        full = list(parts)
        for i, t in zip(dynamic, traced, strict=True):
            full[i] = t
        return x[tuple(full)]

    traced = [np.asarray(parts[i]) for i in dynamic]
    want = np.asarray(x[index])
    np.testing.assert_array_equal(fl.jit(f)(x, *traced), want, strict=True)
    if traced:
        # Eagerly mapped, x is closed over and known: an Array may be indexed by tracers.
        mapped = fl.vmap(f, (None, *(0 for _ in traced)))
        got = mapped(fnp.asarray(x), *(np.stack([t, t]) for t in traced))
        np.testing.assert_array_equal(got, np.stack([want, want]))


# --- out of bounds ------------------------------------------------------------------------------


def test_known_positions_out_of_bounds_raise_as_in_numpy():
    for index in (4, -5, (0, 3), np.array([0, 4]), (slice(None), [3]), (0, 0, 0, 0)):
        with pytest.raises(IndexError):
            X[index]
        with pytest.raises(IndexError, match=r"test_indexing\.py"):
            fl.jit(lambda x, i=index: x[i])(X)
        with pytest.raises(IndexError):
            fl.jit(lambda x, i=index: x.at[i].set(0.0))(X)
        with pytest.raises(IndexError):
            at(X)[index].set(0.0)


@pytest.mark.parametrize("i", [-100, -4, -3, -1, 0, 2, 3, 100])
def test_positions_known_only_at_run_time_clamp_and_drop(i):
    x = np.array([1.0, 2.0, 3.0])
    wrapped = i + 3 if i < 0 else i
    inside = 0 <= wrapped < 3
    nearest = min(max(wrapped, 0), 2)
    assert fl.jit(lambda x, i: x[i])(x, i) == x[nearest]
    assert fl.jit(lambda x, i: x[i])(x, np.array([i])) == x[nearest]
    g = fl.jit(fl.grad(lambda x, i: x[i]))(x, i)
    np.testing.assert_array_equal(g, np.eye(3)[nearest])
    want = x.copy()
    if inside:
        want[wrapped] = 9
    for index in (i, np.array([i, i])):
        np.testing.assert_array_equal(fl.jit(lambda x, i: x.at[i].set(9.0))(x, index), want)
    assert fl.jit(lambda x, i: x.at[i].get(mode="clip"))(x, i) == x[nearest]
    got = fl.jit(lambda x, i: x.at[i].get(mode="fill", fill_value=-7.0))(x, i)
    assert got == (x[wrapped] if inside else -7)
    got = fl.jit(lambda x, i: x.at[i].get(mode="fill"))(x, i)
    assert (not inside and np.isnan(got)) or got == x[wrapped]
    clipped = x.copy()
    clipped[nearest] = 9
    np.testing.assert_array_equal(fl.jit(lambda x, i: x.at[i].set(9.0, mode="clip"))(x, i), clipped)


def test_a_mode_applies_to_known_positions_too():
    x = np.arange(3.0)
    np.testing.assert_array_equal(at(x)[np.array([1, 7])].set(9.0, mode="drop"), [0, 9, 2])
    np.testing.assert_array_equal(at(x)[7].get(mode="fill", fill_value=5.0), 5.0)
    np.testing.assert_array_equal(at(x)[7].set(5.0, mode="clip"), [0, 1, 5])
    got = fl.jit(lambda x: x.at[np.array([-1])].set(9.0, mode="drop", wrap_negative_indices=False))(
        x
    )
    np.testing.assert_array_equal(got, x)
    with pytest.raises(ValueError, match="mode must be"):
        at(x)[0].set(1.0, mode="nonsense")


def test_an_axis_of_length_zero():
    x = np.zeros((0, 2))
    with pytest.raises(IndexError):
        fl.jit(lambda x: x[0])(x)
    with pytest.raises(IndexError, match="length 0"):
        fl.jit(lambda x, i: x[i])(x, 0)
    assert fl.jit(lambda x, i: x.at[i].set(1.0))(x, 0).shape == (0, 2)
    assert fl.jit(lambda x: x[np.array([], int)])(x).shape == (0, 2)


# --- masks --------------------------------------------------------------------------------------


def test_reading_through_a_traced_mask_is_explained():
    for f in (lambda x: x[x > 0], lambda x: x[0, x[0] > 0]):
        with pytest.raises(fl.ConcretizationError, match=r"where\(mask") as e:
            fl.jit(f)(X)
        assert "test_indexing.py" in str(e.value)


def test_masks_are_known_under_eager_grad():
    g = fl.grad(lambda x: (x[x > 0] ** 2).sum())(X)
    np.testing.assert_allclose(g, np.where(X > 0, 2 * X, 0))


@pytest.mark.parametrize("op", ["set", "add", "multiply", "min", "max", "subtract"])
def test_writing_through_a_traced_mask(op):
    for value, index in ((0.5, X > 0), (np.arange(5.0), X[..., 0] > 0), (2.0, X[:, 0, 0] > 0)):
        want = getattr(at(X)[index], op)(value)

        def f(x, m, v, op=op):
            return getattr(at(x)[m], op)(v)

        np.testing.assert_allclose(fl.jit(f)(X, index, value), want)
        mapped = fl.vmap(f, (None, 0, None))(X, np.stack([index, ~index]), value)
        np.testing.assert_allclose(mapped[0], want)
        gx = fl.jit(fl.grad(lambda x, m, v, f=f: f(x, m, v).sum()))(X, index, value)
        assert gx.shape == X.shape
    with pytest.raises(fl.ShapeError, match="where"):
        fl.jit(lambda x: x.at[x > 0].set(x))(X)


def test_apply_through_masks():
    want = np.where(X > 0, X**2, X)
    np.testing.assert_allclose(fl.jit(lambda x: x.at[x > 0].apply(lambda v: v**2))(X), want)
    np.testing.assert_allclose(at(X)[X > 0].apply(np.square), want)


# --- x.at ---------------------------------------------------------------------------------------


def test_methods_of_at():
    x = np.array([1.0, 2.0, 4.0, 8.0])
    i = np.array([1, 3])
    for how in (lambda f: f, fl.jit):
        np.testing.assert_array_equal(how(lambda x: at(x)[i].subtract(1.0))(x), [1, 1, 4, 7])
        np.testing.assert_array_equal(how(lambda x: at(x)[i].divide(2.0))(x), [1, 1, 4, 4])
        np.testing.assert_array_equal(how(lambda x: at(x)[i].power(2.0))(x), [1, 4, 4, 64])
        np.testing.assert_array_equal(how(lambda x: at(x)[i].apply(np.negative))(x), [1, -2, 4, -8])
        np.testing.assert_array_equal(how(lambda x: at(x)[i].get())(x), [2, 8])
        np.testing.assert_array_equal(how(lambda x: at(x)[1].mul(3.0))(x), [1, 6, 4, 8])


def test_values_are_broadcast_and_converted():
    x = np.zeros((3, 4), np.float32)
    for v in (1, 2.5, np.arange(4), np.ones((1, 1, 4)), np.arange(3)[:, None]):
        want = x.copy()
        want[:, :] = v
        for f in (lambda x, v: at(x)[:, :].set(v), fl.jit(lambda x, v: x.at[:, :].set(v))):
            np.testing.assert_array_equal(f(x, v), want, strict=True)
    with pytest.raises(fl.ShapeError, match=r"place of shape \(3,\).*test_indexing\.py"):
        fl.jit(lambda x: x.at[:, 0].set(np.zeros(4)))(x)


def test_gradient_of_set_goes_to_the_value_that_stays():
    f = lambda x, v: (x.at[np.array([1, 1, 0])].set(v) ** 2).sum()  # noqa: E731
    gx, gv = fl.grad(f, (0, 1))(np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0]))
    np.testing.assert_array_equal(gx, [0, 0, 6])
    np.testing.assert_array_equal(gv, [0, 10, 12])


def test_per_lane_writes():
    x = np.zeros(4)
    got = fl.vmap(lambda i, v: fnp.asarray(v) * 0 + at(x)[i].set(v))(
        np.arange(4), np.arange(1.0, 5)
    )
    np.testing.assert_array_equal(got, np.diag(np.arange(1.0, 5)))


def test_writing_to_a_tracer_is_explained():
    def f(x):
        x[0] = 1.0
        return x

    with pytest.raises(TypeError, match=r"x\.at\[index\]\.set"):
        fl.jit(f)(X)


def test_slices_need_known_bounds():
    with pytest.raises(fl.ConcretizationError, match="dynamic_slice"):
        fl.jit(lambda x, i: x[i : i + 2])(X, 1)


def test_other_indices_are_refused():
    for index in (1.5, "a", np.array([0.5])):
        with pytest.raises((IndexError, fl.DTypeError)):
            fl.jit(lambda x, i=index: x[i])(X)


def test_iteration_and_unpacking():
    def f(x):
        a, b, c = x
        return a + b * c

    x = np.array([[1.0], [2.0], [3.0]])
    np.testing.assert_array_equal(fl.jit(f)(x), [7.0])


def test_agrees_with_jax():
    jax = pytest.importorskip("jax", reason="compared with JAX where it is installed")
    x = np.arange(12.0).reshape(3, 4)
    i, j = np.array([0, 2, 9, -1]), np.array([1, 3, 0, -9])
    programs = [
        lambda x, i, j: x[i],
        lambda x, i, j: x[:, j],
        lambda x, i, j: x[i, j],
        lambda x, i, j: x[i[:, None], j],
        lambda x, i, j: x[i[1], ::2],
        lambda x, i, j: x.at[i].add(1.0),
        lambda x, i, j: x.at[i, j].set(7.0),
        lambda x, i, j: x.at[:, j].multiply(3.0),
        lambda x, i, j: x.at[i, j].get(mode="fill", fill_value=0.5),
        lambda x, i, j: x.at[i[2]].set(5.0),
        lambda x, i, j: x.at[i, 1:3].max(4.0),
    ]
    with jax.enable_x64(True):
        for k, f in enumerate(programs):
            want = jax.jit(f)(x, i, j)
            np.testing.assert_array_equal(fl.jit(f)(x, i, j), want, err_msg=str(k))
            # Of positions out of bounds, JAX's derivative is not that of what it computes.
            inside = (i % 3, j % 4)
            got = fl.jit(fl.grad(lambda x, i, j, f=f: (f(x, i, j) ** 2).sum()))(x, *inside)
            want = jax.jit(jax.grad(lambda x, i, j, f=f: (f(x, i, j) ** 2).sum()))(x, *inside)
            np.testing.assert_allclose(got, want, err_msg=str(k))
            ii, jj = np.stack([i, j]), np.stack([j, i])
            want = jax.vmap(f, (None, 0, 0))(jax.numpy.asarray(x), ii, jj)
            got = fl.jit(fl.vmap(f, (None, 0, 0)))(x, ii, jj)
            np.testing.assert_array_equal(got, want, err_msg=str(k))
