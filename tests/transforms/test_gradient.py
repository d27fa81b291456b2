"""grad, vjp, jvp, linearize, linear_transpose and their errors."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.errors import DTypeError, NonDifferentiableError, PytreeError, ShapeError


def f(x):
    return fnp.sum(fnp.sin(x) * x)


X = np.array([0.3, -1.2, 2.0])
DF = np.cos(X) * X + np.sin(X)


def test_grad_and_value():
    np.testing.assert_allclose(fl.grad(f)(X), DF)
    value, g = fl.value_and_grad(f)(X)
    np.testing.assert_allclose(value, f(X))
    np.testing.assert_allclose(g, DF)


def test_plain_numpy_code_traces():
    def g(x):
        y = np.where(x > 0, np.sin(x), x)[::-1]
        return np.sum(y @ np.ones((3, 2)) + np.mean(x) * np.ones(2))

    def h(x):
        y = fnp.where(x > 0, fnp.sin(x), x)[::-1]
        return fnp.sum(y @ np.ones((3, 2)) + fnp.mean(x) * np.ones(2))

    np.testing.assert_allclose(fl.grad(g)(X), fl.grad(h)(X))
    np.testing.assert_allclose(fl.grad(g)(X), 2 * np.where(X > 0, np.cos(X), 1) + 2 / 3)


def test_argnums_and_pytrees():
    def g(p, q, r):
        return p["a"] * q[0] + fnp.sum(p["b"] * r)

    p, q, r = {"a": 2.0, "b": np.ones(2)}, (3.0, 5.0), np.array([1.0, 4.0])
    gp = fl.grad(g)(p, q, r)
    assert float(gp["a"]) == 3.0
    np.testing.assert_array_equal(gp["b"], r)
    gp, gr = fl.grad(g, argnums=(0, 2))(p, q, r)
    np.testing.assert_array_equal(gr, np.ones(2))
    gq = fl.grad(g, argnums=-2)(p, q, r)
    assert [float(v) for v in gq] == [2.0, 0.0]


def test_has_aux_returns_values_not_tracers():
    def g(x):
        return fnp.sum(x**2), {"y": x * 2.0, "s": "text", "n": 3}

    grads, aux = fl.grad(g, has_aux=True)(X)
    assert type(aux["y"]) is np.ndarray and aux["s"] == "text" and aux["n"] == 3
    (value, aux), grads = fl.value_and_grad(g, has_aux=True)(X)
    np.testing.assert_allclose(grads, 2 * X)
    with pytest.raises(TypeError, match="must return a pair"):
        fl.grad(f, has_aux=True)(X)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_gradient_has_the_dtype_of_its_input(dtype):
    c = np.float64(3.0)
    x = np.ones(3, dtype)
    g = fl.grad(lambda x: fnp.sum(x * c * 2.0).astype(np.float64))(x)
    assert g.dtype == dtype and g.shape == x.shape


def test_outputs_are_writable_and_fresh():
    g = fl.grad(fnp.sum)(X)
    g += 1.0
    np.testing.assert_array_equal(fl.grad(fnp.sum)(X), np.ones(3))


def test_kwargs_are_passed_but_not_differentiated():
    assert float(fl.grad(lambda x, *, k: x * k)(2.0, k=5.0)) == 5.0


# --- errors -------------------------------------------------------------------------------------


def test_integer_inputs():
    with pytest.raises(NonDifferentiableError, match=r"argument 0.*int64"):
        fl.grad(lambda x: x * 2.0)(3)
    with pytest.raises(NonDifferentiableError, match=r"argument 0\['n'\]"):
        fl.grad(lambda p: p["x"] * 2.0)({"x": 1.0, "n": 2})
    g = fl.grad(lambda p: p["x"] * p["n"], allow_int=True)({"x": 1.0, "n": 2})
    assert g["n"] is None and float(g["x"]) == 2.0


def test_outputs_that_have_no_gradient():
    with pytest.raises(NonDifferentiableError, match=r"shape \(3,\)"):
        fl.grad(lambda x: x)(X)
    with pytest.raises(NonDifferentiableError, match="2 arrays"):
        fl.grad(lambda x: (x, x))(1.0)
    with pytest.raises(NonDifferentiableError, match="int64"):
        fl.grad(lambda x: fnp.argmax(x))(X)
    with pytest.raises(NonDifferentiableError, match="complex128"):
        fl.grad(lambda x: x * 1j)(1.0)


def test_bad_argnums():
    with pytest.raises(ValueError, match="argnums=3"):
        fl.grad(f, argnums=3)(X)


# --- vjp ----------------------------------------------------------------------------------------


def test_vjp_checks_cotangents():
    _, pull = fl.vjp(fnp.sin, X)
    with pytest.raises(ShapeError, match=r"has shape \(2,\)"):
        pull(np.ones(2))
    with pytest.raises(PytreeError, match="structure"):
        pull((X, X))
    with pytest.raises(DTypeError, match="float32"):
        pull(X.astype(np.float32))


def test_vjp_survives_later_writes():
    x, c = X.copy(), np.array([1.0, 2.0, 3.0])
    _, pull = fl.vjp(lambda v: fnp.sin(v) * c, x)
    before = pull(np.ones(3))[0]
    x[:] = 0
    c[:] = 0
    np.testing.assert_array_equal(pull(np.ones(3))[0], before)
    _, f_jvp = fl.linearize(lambda v: fnp.sin(v) * v, x)
    want = f_jvp(np.ones(3))
    x[:] = 7
    np.testing.assert_array_equal(f_jvp(np.ones(3)), want)


def test_vjp_of_integer_arguments_is_none():
    out, pull = fl.vjp(lambda x, i: x * i, 2.0, 3)
    ct_x, ct_i = pull(1.0)
    assert float(out) == 6.0 and float(ct_x) == 3.0 and ct_i is None


def test_vjp_has_aux_and_integer_outputs():
    (y, i), pull, aux = fl.vjp(lambda x: ((x * x, fnp.argmax(x)), x + 1), X, has_aux=True)
    assert int(i) == 2 and type(aux) is np.ndarray
    np.testing.assert_allclose(pull((np.ones(3), np.array(0)))[0], 2 * X)


# --- jvp and linearize ----------------------------------------------------------------------------


def test_jvp_structure_errors():
    with pytest.raises(TypeError, match="tuples of primals"):
        fl.jvp(fnp.sin, X, X)
    with pytest.raises(ShapeError):
        fl.jvp(fnp.sin, (X,), (np.ones(2),))
    with pytest.raises(PytreeError):
        fl.jvp(fnp.add, (X, X), (X,))


def test_jvp_of_a_constant_output_is_zero():
    y, t = fl.jvp(lambda x: (x * 2.0, np.ones(2)), (1.0,), (1.0,))
    np.testing.assert_array_equal(t[1], np.zeros(2))


def test_jvp_with_integer_primal_and_none_tangent():
    y, t = fl.jvp(lambda x, n: x * n, (2.0, 3), (1.0, None))
    assert float(t) == 3.0


def test_linearize_does_primal_work_once():
    calls = []

    def g(x):
        calls.append(1)
        return fnp.sin(x) * x

    y, f_jvp = fl.linearize(g, 0.7)
    for t in (1.0, 2.0, -3.0):
        assert float(f_jvp(t)) == pytest.approx(t * (np.cos(0.7) * 0.7 + np.sin(0.7)))
    assert len(calls) == 1


def test_linear_transpose_of_linear_and_other_functions():
    A = np.arange(6.0).reshape(2, 3)
    (ct,) = fl.linear_transpose(lambda x: A @ x, np.zeros(3))(np.ones(2))
    np.testing.assert_array_equal(ct, A.sum(0))
    with pytest.raises(NonDifferentiableError, match="applies sin"):
        fl.linear_transpose(fnp.sin, X)(X)


# --- complex ------------------------------------------------------------------------------------


def test_complex_convention_is_jax():
    z = 1.0 + 2.0j
    g = fl.grad(lambda z: fnp.abs(z) ** 2)(z)
    assert complex(g) == pytest.approx(2 - 4j)
    assert complex(fl.grad(lambda z: z**3, holomorphic=True)(z)) == pytest.approx(3 * z**2)
    assert complex(fl.grad(fnp.abs)(0j)) == 0


def test_holomorphic_needs_complex():
    with pytest.raises(NonDifferentiableError, match="holomorphic"):
        fl.grad(lambda x: x * x, holomorphic=True)(1.0)


# --- stop_gradient and weak types -----------------------------------------------------------------


def test_weak_type_survives_grad_and_jit():
    x = np.ones(3, np.float32)
    for transform in (fl.grad, fl.jit):
        assert transform(lambda s: fnp.sum(x * (s * s + 1)))(2.0).dtype in (np.float64, np.float32)
    assert fl.jit(lambda s: x * (s * s))(2.0).dtype == np.float32
    seen = []
    fl.grad(lambda s: (seen.append((x * (s * s)).dtype), fnp.sum(x * s))[1])(2.0)
    assert seen == [np.float32]


def test_strong_numpy_scalars_promote():
    x = np.ones(3, np.float32)
    assert fl.jit(lambda x: x * np.float64(2.0))(x).dtype == np.float64
    assert fl.jit(lambda x: x * 2.0)(x).dtype == np.float32
