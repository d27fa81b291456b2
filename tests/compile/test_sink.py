"""Views moved to operands: the same results, fewer kernels, nothing read out of bounds."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import lax
from functorch_lite import numpy as fnp
from functorch_lite.compile import compile_mode

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((2, 6, 9))
V = RNG.standard_normal(9)


def rosenbrock(v):
    return fnp.sum(100 * (v[1:] - v[:-1] ** 2) ** 2 + (1 - v[:-1]) ** 2)


def differences(x):
    y = x * 2.0 + 1.0
    return y[:, 1:] - y[:, :-1], y


PROGRAMS = {
    "hessian": (fl.hessian(rosenbrock), V),
    "hessian_of_two": (fl.hessian(lambda a, b: fnp.sum((a[1:] * b[:-1]) ** 3), (0, 1)), V, V + 1),
    "jacrev": (fl.jacrev(lambda v: fnp.cumsum(v)[1:] * v[:-1]), V),
    "jacfwd_pytree": (
        fl.jacfwd(lambda d: {"s": fnp.sin(d["a"]) * d["b"]}),
        {"a": V, "b": V[::2][0]},
    ),
    "third": (fl.jacfwd(fl.hessian(lambda v: fnp.sum(v[1:] ** 3 * v[:-1]))), V[:4]),
    "pad": (lambda x: lax.pad(x * 2.0, 1.5, ((1, 2, 0), (0, 3, 0))) + 1.0, X),
    "pad_of_pad": (
        lambda x: lax.pad(lax.pad(-x, 7.0, ((1, 0, 0), (0, 1, 0))), 0.5, ((0, 1, 0), (2, 0, 0))),
        X,
    ),
    "pad_of_expensive": (lambda x: fnp.pad(fnp.exp(x), 2) * fnp.pad(fnp.exp(x), 2), X),
    "pad_of_select": (
        lambda x: fnp.pad(fnp.where(x > 0, x, fnp.abs(x) ** 0.5), ((2, 0), (0, 1))),
        X,
    ),
    "pad_of_broadcast": (lambda v: fnp.pad(fnp.ones((4, 9)) * v, 1), V),
    "pad_of_ints": (lambda x: fnp.pad((x > 0) + fnp.arange(9), ((0, 0), (3, 1))), X),
    "pad_of_bools": (lambda x: fnp.pad(x > 0, 1), X),
    "pad_with_a_value": (lambda x, v: lax.pad(x * 2.0, v, ((1, 1, 0), (1, 1, 0))), X, V[0]),
    "slice_of_pad": (lambda x: fnp.pad(x * 2.0, 2)[1:-1, 3:] + 1.0, X),
    "turned_pad": (lambda x: fnp.pad(x * 2.0, ((1, 2), (0, 3))).T * 0.5, X),
    "strided_slice_of_pad": (lambda x: fnp.pad(x * 2.0, 2)[::2, ::-3] + 1.0, X),
    "reversed_pad": (lambda x: fnp.pad(x * 2.0, 2)[::-1] + 1.0, X),
    "unit_axes_of_pad": (
        lambda x: fnp.pad((x * 2.0)[:, None], ((0, 0), (0, 0), (1, 1)))[:, 0] * 2,
        X,
    ),
    "padded_unit_axis": (lambda x: fnp.pad((x * 2.0)[:, None], ((0, 0), (1, 1), (1, 1))) * 2, X),
    "sum_of_pad": (lambda x: fnp.sum(fnp.pad(x * 2.0, 1, constant_values=1.0) ** 2, 0), X),
    "regrouped_pad": (lambda x: fnp.reshape(fnp.pad(x * 2.0, 1), (-1,)) + 1.0, X),
    "differences": (differences, X),
    "differences_gradient": (fl.grad(lambda x: fnp.sum(differences(x)[0] ** 3)), X),
    "turned_sum": (lambda x, y: (x * y + 1.0).T[2:, ::-1] * fnp.arange(6.0), X, Y),
    "iota": (lambda x: (fnp.arange(54).reshape(6, 9) + x)[2:, 1:].T, X),
    "vmapped_shift": (fl.vmap(lambda v: fnp.pad(v[1:] * v[:-1], (0, 1)) + v), X),
    "overlapping_windows": (
        lambda v: sum(fnp.pad((v * k)[k:], (0, k)) for k in range(1, 5)),
        V,
    ),
    "power_of_zero": (lambda x: fl.grad(lambda x: fnp.sum((x - x) ** 1 + x**0))(x), X),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_agrees_with_the_interpreter(name, dtype):
    f, *args = PROGRAMS[name]
    args = fl.tree.map(lambda a: np.asarray(a, dtype), args)
    with compile_mode("always"):
        got = fl.tree.leaves(fl.jit(f)(*args))
    tol = 1e-12 if dtype == np.float64 else 3e-5
    for g, w in zip(got, fl.tree.leaves(f(*args)), strict=True):
        assert (g.shape, g.dtype) == (w.shape, w.dtype)
        np.testing.assert_allclose(g, w, rtol=tol, atol=tol)


def kernels(f, *args):
    cost = fl.jit(f).lower(*args).cost()
    return cost["kernels"], cost["calls"]


def test_a_hessian_is_one_kernel_over_vectors_of_factors():
    n, calls = kernels(fl.hessian(rosenbrock), V)
    assert n <= 3 and calls == 0


def test_pads_and_slices_of_cheap_values_need_no_kernel_of_their_own():
    assert kernels(lambda x: fnp.pad(x * 2.0, 1) + fnp.pad(x * 3.0, 1), X) == (1, 0)
    assert kernels(lambda x: (x * 2.0)[1:] - (x * 2.0)[:-1], X) == (1, 0)


def test_expensive_values_are_computed_once():
    lowered = fl.jit(lambda x: fnp.exp(x)[1:] - fnp.exp(x)[:-1]).lower(X)
    assert lowered.fused.count("exp") == 1


def random_program(seed):
    """Random shifts, pads, slices and transposes between elementwise operations."""
    rng = np.random.default_rng(seed)
    plan = [(int(rng.integers(8)), int(rng.integers(1, 3))) for _ in range(9)]

    def f(x):
        values = [x]
        for op, k in plan:
            a, b = values[-1], values[len(values) // 2]
            rows, cols = a.shape
            if op == 0:
                a = fnp.pad(a * 0.5, ((k, 0), (0, k)))
            elif op == 1 and min(rows, cols) > k + 1:
                a = a[k:, :-k]
            elif op == 2:
                a = a.T
            elif op == 3:
                a = fnp.pad(fnp.tanh(a), ((0, k), (k, 0)), constant_values=0.25)
            elif op == 4 and a.shape == b.shape:
                a = a * b + 1.0
            elif op == 5:
                a = fnp.where(a > 0, a, 0.1 * a) + fnp.arange(float(cols))
            elif op == 6:
                a = a[:, None, :][:, 0] - fnp.sum(a, 0)
            else:
                a = fnp.sin(a) if k == 1 else a[::-1]
            values.append(a)
        return values[-1], fnp.sum(values[-1] * values[-1])

    return f


@pytest.mark.parametrize("seed", range(25))
def test_random_programs(seed):
    f = random_program(seed)
    g = fl.grad(lambda x: f(x)[1])
    with compile_mode("always"):
        got = [*fl.jit(f)(X), fl.jit(g)(X)]
    for a, b in zip(got, [*f(X), g(X)], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10)


def test_programs_stay_of_a_size():
    # Each level of the product reads two halves of the one before it.
    grad = fl.jit(fl.grad(lambda x: fnp.prod(x) ** 2))
    for n in (8, 64, 512):
        program = grad.lower(np.linspace(0.5, 1.5, n))._program
        assert len(program.lowered.eqns) <= 256 + 4 * len(program.program.eqns)
