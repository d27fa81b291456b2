"""Facts on transforms and dtypes that are easily botched, the rest of them. One test a fact."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import debug, lax, random
from functorch_lite import numpy as fnp

X = np.array([1.0, 2.0, 3.0])


def compiled(f):
    """Jit, and run what was compiled rather than the first, interpreted run."""
    g = fl.jit(f)

    def call(*args):
        g(*args)
        return g(*args)

    return call


# --- kinks ----------------------------------------------------------------------------------------


def test_abs_of_a_complex_zero_has_no_slope():
    assert complex(fl.grad(lambda z: fnp.abs(z))(0j)) == 0


def test_naive_formulas_are_the_users():
    with np.errstate(all="ignore"):
        assert np.isnan(fl.grad(lambda x: fnp.log(1 + fnp.exp(x)))(1e3))


def test_safe_where_remedies_a_masked_pole():
    f = lambda x: fl.safe_where(x > 0, fnp.sqrt, x)  # noqa: E731
    np.testing.assert_array_equal(fl.grad(lambda v: fnp.sum(f(v)))(np.array([0.0, 4.0])), [0, 0.25])


def test_products_meeting_in_one_place_have_exclusive_gradients():
    index, u = np.array([0, 0, 1]), np.array([2.0, 0.0, 5.0])
    g = fl.grad(lambda u: fnp.sum(fnp.at(np.array([3.0, 4.0]))[index].multiply(u)))(u)
    np.testing.assert_array_equal(g, [0.0, 6.0, 4.0])


# --- control flow ---------------------------------------------------------------------------------


def test_a_mapped_operand_leaves_an_unmapped_predicate_a_choice():
    f = lambda p, x: lax.cond(p, fnp.sin, fnp.cos, x)  # noqa: E731
    text = str(fl.make_jaxpr(fl.vmap(f, in_axes=(None, 0)))(True, X))
    assert "cond[" in text and "select" not in text
    assert "cond[" not in str(fl.make_jaxpr(fl.vmap(f))(X > 1, X))


def test_effects_in_mapped_branches_fire_in_their_own_lanes(capsys):
    def show(x):
        debug.print("{x}", x=x)
        return x

    fl.vmap(lambda x: lax.cond(x > 1.5, show, lambda x: x, x))(X)
    assert sorted(capsys.readouterr().out.split()) == ["2.0", "3.0"]


def test_reversed_scans_flip_inputs_and_outputs():
    step = lambda c, x: (c + x, c * x)  # noqa: E731
    c, ys = lax.scan(step, 0.0, X, reverse=True)
    assert float(c) == 6.0
    np.testing.assert_array_equal(ys, [5.0, 6.0, 0.0])
    g = fl.grad(lambda x: fnp.sum(lax.scan(step, 0.0, x, reverse=True)[1]))(X)
    np.testing.assert_array_equal(g, [5.0, 4.0, 3.0])


def test_scans_without_inputs_or_outputs():
    c, ys = lax.scan(lambda c, x: (2 * c, None), 1.0, None, length=5)
    assert float(c) == 32.0 and ys is None


def test_carries_that_are_not_differentiated_have_no_tangent():
    def f(x):
        # The counter and the constant part of the carry never depend on x.
        step = lambda c, _: ((c[0] * x, c[1] + 1, c[2] * 2.0), None)  # noqa: E731
        return lax.scan(step, (1.0, 0, 1.0), None, length=3)[0][0]

    jaxpr = fl.make_jaxpr(lambda x: fl.jvp(f, (x,), (1.0,))[1])(2.0)
    scans = [e for e in jaxpr.jaxpr.eqns if e.primitive.name == "scan"]
    carried = [len(e.outvars) for e in scans]
    assert scans and max(carried) <= 5  # three values, a tangent, a residual: not six
    assert float(fl.grad(f)(2.0)) == 12.0


def test_while_loops_have_both_modes():
    # (JAX refuses reverse mode; here the steps are counted, then a scan of that length runs.)
    f = lambda x: lax.while_loop(lambda v: v < 10.0, lambda v: 2 * v, x)  # noqa: E731
    for t in (lambda g: g, compiled):
        assert float(t(lambda x: fl.jvp(f, (x,), (1.0,))[1])(1.0)) == 16.0
        assert float(t(fl.grad(f))(1.0)) == 16.0
        np.testing.assert_array_equal(t(fl.vmap(fl.grad(f)))(np.array([1.0, 3.0])), [16.0, 4.0])


def test_clamped_and_dropped_positions_have_the_gradient_of_what_was_read():
    read = fl.grad(fl.jit(lambda x, i: x[i]))(X, 7)
    np.testing.assert_array_equal(read, [0.0, 0.0, 1.0])
    written = fl.grad(fl.jit(lambda v, i: fnp.sum(fnp.at(X)[i].set(v))))(9.0, 7)
    assert float(written) == 0.0


# --- custom rules and recomputation -----------------------------------------------------------------


def test_second_derivatives_are_those_of_the_custom_gradient():
    f = fl.custom_vjp(lambda x: x**2)
    f.defvjp(lambda x: (x**2, x), lambda x, ct: (ct * 5 * x**2,))
    assert float(fl.grad(fl.grad(f))(1.0)) == 10.0
    assert float(fl.hessian(f)(1.0)) == 10.0


def test_fwd_does_not_run_when_nothing_is_differentiated():
    ran = []
    f = fl.custom_vjp(lambda x: x)
    f.defvjp(lambda x: (ran.append("fwd") or x, None), lambda _, ct: (ct,))
    f(1.0), fl.jit(f)(1.0), fl.vmap(f)(X)
    assert ran == []
    fl.grad(f)(1.0)
    assert ran == ["fwd"]


def test_recomputation_uses_the_same_random_numbers():
    key = random.key(0)
    f = lambda x: fnp.sum(fnp.sin(x * random.normal(key, (3,))))  # noqa: E731
    for t in (fl.grad, lambda g: compiled(fl.grad(g))):
        np.testing.assert_array_equal(t(fl.checkpoint(f))(X), t(f)(X))


def test_effects_of_a_recomputed_region_run_twice(capsys):
    def f(x):
        y = fnp.sin(x)
        debug.print("{}", y)
        return y * y

    fl.grad(fl.checkpoint(f))(1.0)
    assert len(capsys.readouterr().out.split()) == 2


# --- transposes -----------------------------------------------------------------------------------

M = np.arange(6.0).reshape(2, 3)
LINEAR = [
    ("convert", lambda x: lax.convert_element_type(x, np.float32), X),
    ("broadcast", lambda x: fnp.broadcast_to(x[:, None], (3, 4)), X),
    ("broadcast of length 1", lambda x: fnp.broadcast_to(x, (2, 3)), np.ones((1, 3))),
    ("concatenate", lambda x: fnp.concatenate([x, 2 * x, np.zeros(2)]), X),
    ("negative padding", lambda x: lax.pad(x, 0.0, [(-1, 2, 1)]), X),
    ("gather", lambda x: x[np.array([2, 0, 0])], X),
    ("cumsum", fnp.cumsum, X),
    ("cumsum reversed", lambda x: lax.cumsum(x, 0, reverse=True), X),
    ("select", lambda x: fnp.where(M[0] > 0, x, 3 * x), X),
    ("matmul", lambda x: M @ x, X),
    ("sum", lambda x: fnp.sum(x), X),
]


@pytest.mark.parametrize(("name", "f", "x"), LINEAR, ids=[r[0] for r in LINEAR])
def test_transposes(name, f, x):
    y = np.asarray(f(x))
    ct = np.cos(np.arange(y.size)).reshape(y.shape).astype(y.dtype)
    (back,) = fl.linear_transpose(f, x)(ct)
    assert back.dtype == x.dtype and back.shape == x.shape
    for direction in np.eye(x.size).reshape(-1, *x.shape):
        np.testing.assert_allclose(np.vdot(ct, f(direction)), np.vdot(back, direction), rtol=1e-6)


def test_maxima_are_not_linear():
    with pytest.raises(fl.NonDifferentiableError, match="not linear"):
        fl.linear_transpose(fnp.max, X)(1.0)


# --- jit and purity ---------------------------------------------------------------------------------


def test_closed_over_arrays_are_read_when_the_function_runs():
    scale = np.ones(3)
    f = fl.jit(lambda x: x * scale)
    for _ in range(3):
        np.testing.assert_array_equal(f(X), X)
    scale[:] = 2.0
    np.testing.assert_array_equal(f(X), 2 * X)


def test_writes_after_vjp_and_linearize_do_not_show():
    for pull in (fl.vjp, fl.linearize):
        x = X.copy()
        _, back = pull(lambda v: v * v, x)
        x[:] = 100.0
        got = back(np.ones(3))
        np.testing.assert_array_equal(got[0] if isinstance(got, tuple) else got, 2 * X)


def test_random_numbers_under_vmap_are_by_key():
    keys = random.split(random.key(1), 4)
    each = fl.vmap(random.uniform)(keys)
    np.testing.assert_array_equal(each, [random.uniform(k) for k in keys])
    shared = fl.vmap(lambda x: x + random.uniform(random.key(2)))(np.zeros(3))
    assert len(set(shared.tolist())) == 1


# --- dtypes ---------------------------------------------------------------------------------------


def test_weak_types_are_dropped_by_casts_and_carries():
    half = np.ones(2, np.float32)
    assert fl.jit(lambda s, x: s * x)(2.0, half).dtype == np.float32
    assert fl.jit(lambda s, x: fnp.asarray(s, dtype=float) * x)(2.0, half).dtype == np.float64
    assert fl.jit(lambda s, x: fnp.astype(s, float) * x)(2.0, half).dtype == np.float64
    c, _ = lax.scan(lambda c, x: (c * x, None), 1.0, half)
    assert c.dtype == np.float32


def test_float_parameters_keep_their_dtype_beside_wider_constants():
    g = compiled(fl.grad(lambda p: fnp.sum(p * np.ones(3))))(X.astype(np.float32))
    assert g.dtype == np.float32


def test_batch_counters_are_never_differentiated():
    bn = fl.nn.BatchNorm1d(3)
    params = {k: p.detach().numpy() for k, p in bn.named_parameters()}
    buffers = {k: b.numpy() for k, b in bn.named_buffers()}
    x = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)

    def loss(params):
        out, new = fl.functional_call(bn, (params, buffers), x)
        return fnp.sum(out**2), new

    grads, new = compiled(fl.grad(loss, has_aux=True))(params)
    assert set(grads) == {"weight", "bias"}
    assert new["num_batches_tracked"].dtype == np.int64 and int(new["num_batches_tracked"]) == 1


SPECIAL = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 1.5, 2.5, -2.5])
INTEGERS = np.array([7, -7, 3, -3, 100], np.int8), np.array([2, 2, -2, -2, 3], np.int8)
MACHINE_CODE = {
    "isnan survives": (lambda x: fnp.isnan(x + 1.0), SPECIAL),
    "guards survive": (lambda x: fnp.where(fnp.isfinite(x), x * 2.0, -1.0), SPECIAL),
    "-inf padding": (lambda x: fnp.max(fnp.where(x > 0, x, -np.inf)), X),
    "0/0 is NaN": (lambda x: (x - x) / (x - x), X),
    "half to even": (lambda x: fnp.round(x * 1.0), SPECIAL),
    "integer division": (lambda a, b: (a // b, a % b), *INTEGERS),
    "integer division by zero": (lambda a, b: (a // (b * 0), a % (b * 0)), *INTEGERS),
    "overflow wraps": (lambda a, b: (a * b * b + a, -a), *INTEGERS),
    "shifts": (lambda a, b: (a >> 1, a << (b & 3)), *INTEGERS),
    "float32 stays": (lambda x: fnp.sin(x) * fnp.exp(x), X.astype(np.float32)),
    "0-d": (lambda x: fnp.sin(x) + 1.0, np.array(0.5)),
    "no elements": (lambda x: fnp.sin(x) + 1.0, np.zeros((0, 3))),
    "not contiguous": (lambda x: fnp.sin(x) + 1.0, np.arange(24.0).reshape(4, 6)[::-2, 1::2]),
    "transposed": (lambda x: fnp.sin(x).sum(0), np.arange(6.0).reshape(2, 3).T),
}


@pytest.mark.parametrize("name", MACHINE_CODE)
def test_machine_code_has_numpys_semantics(name):
    f, *args = MACHINE_CODE[name]
    with np.errstate(all="ignore"):
        want, got = f(*args), compiled(f)(*args)
    for w, g in zip(*((v if isinstance(v, tuple) else (v,)) for v in (want, got)), strict=True):
        assert g.dtype == np.asarray(w).dtype
        np.testing.assert_allclose(g, w, rtol=1e-6 if g.dtype == np.float32 else 1e-14)


def test_read_only_arguments():
    x = X.copy()
    x.flags.writeable = False
    np.testing.assert_array_equal(compiled(lambda v: v + 1.0)(x), X + 1)
