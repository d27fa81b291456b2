"""bind, tracers, recorders, and the errors that they raise."""

import threading

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.errors import (
    ConcretizationError,
    DTypeError,
    LeakedTracerError,
    ShapeError,
    UnsupportedNumPyError,
)
from functorch_lite.ir import (
    Jaxpr,
    JaxprError,
    ShapedArray,
    Var,
    check_jaxpr,
    dce_jaxpr,
    eval_jaxpr,
    record,
    to_python,
)

F64 = np.dtype(np.float64)


def jaxpr_of(f, *args):
    return fl.make_jaxpr(f)(*args).jaxpr


def test_text_form():
    text = str(fl.make_jaxpr(lambda x: fnp.sum(fnp.sin(x) * 2.0))(np.zeros(3)))
    assert text.splitlines() == [
        "{ lambda ; a:f64[3]. let",
        "    b:f64[3] = sin a",
        "    c:f64[3] = mul b 2.0",
        "    d:f64[] = reduce_sum[axes=(0,)] c",
        "  in (d,) }",
    ]


def test_every_eqn_carries_the_users_line():
    def f(x):
        y = fnp.sin(x)  # line one
        return fnp.sum(y * y)

    eqns = jaxpr_of(f, np.zeros(3)).eqns
    first = f.__code__.co_firstlineno
    assert [e.source.line - first for e in eqns] == [1, 2, 2]
    assert all(e.source.file == __file__ and e.source.function == "f" for e in eqns)


def test_derived_eqns_keep_the_primal_line():
    def f(x):
        return fnp.sin(x) * x

    jaxpr = jaxpr_of(fl.grad(f), 1.0)
    first = f.__code__.co_firstlineno
    lines = {e.source.line - first for e in jaxpr.eqns if e.source.function == "f"}
    assert lines == {1}
    assert {e.primitive.name for e in jaxpr.eqns} >= {"sin", "cos", "mul"}


def test_checker_accepts_and_rejects():
    jaxpr = jaxpr_of(lambda x: fnp.sin(x) + x, np.zeros(3))
    check_jaxpr(jaxpr)
    broken = Jaxpr([], jaxpr.invars, jaxpr.eqns[::-1], jaxpr.outs)
    with pytest.raises(JaxprError, match="used before it is bound"):
        check_jaxpr(broken)
    wrong = jaxpr.eqns[0].replace(outvars=[Var(ShapedArray((4,), F64))])
    with pytest.raises(JaxprError, match="does not match the inferred"):
        check_jaxpr(Jaxpr([], jaxpr.invars, [wrong], wrong.outvars))


def test_constants_become_constvars_and_scalars_literals():
    c = np.arange(3.0)
    jaxpr, consts = record(lambda x: [x * c + 2.0 + c], [ShapedArray((3,), F64)])
    assert len(jaxpr.constvars) == 1 and consts[0] is c
    assert [float(v) for v in eval_jaxpr(jaxpr, consts, np.ones(3))[0]] == [2.0, 4.0, 6.0]


def test_dce_drops_what_nobody_needs():
    def f(x, y):
        fnp.exp(y)
        return fnp.sin(x), fnp.cos(y)

    pruned, used = dce_jaxpr(jaxpr_of(f, 1.0, 2.0), [True, False])
    assert [e.primitive.name for e in pruned.eqns] == ["sin"]
    assert used == [True, False]


def test_python_program_agrees_with_eval():
    jaxpr = jaxpr_of(lambda x, y: (fnp.sin(x) @ y, x.sum()), np.ones(3), np.ones((3, 2)))
    args = np.arange(3.0), np.arange(6.0).reshape(3, 2)
    for a, b in zip(to_python(jaxpr)(*args), eval_jaxpr(jaxpr, (), *args), strict=True):
        np.testing.assert_array_equal(a, b)


def test_results_are_arrays_even_when_0d():
    for out in (fnp.sum(np.ones(3)), fl.grad(fnp.sin)(1.0), fl.jit(fnp.sin)(1.0), fnp.sin(1.0)):
        assert type(out) is np.ndarray and out.shape == ()


# --- levels -------------------------------------------------------------------------------------


def test_threads_trace_independently():
    results, barrier = {}, threading.Barrier(4)

    def work(i):
        def f(x):
            barrier.wait(timeout=10)
            return fnp.sin(x) * i

        results[i] = float(fl.grad(f)(0.0))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == {0: 0.0, 1: 1.0, 2: 2.0, 3: 3.0}


def test_python_control_flow_under_derivatives():
    def f(x):
        y = x
        while y < 10.0:
            y = y * 2.0
        return y if y > 12 else -y

    for x in (1.0, 1.3):
        factor = 16.0 if x == 1.0 else -8.0
        assert float(fl.grad(f)(x)) == factor
        assert float(fl.jvp(f, (x,), (1.0,))[1]) == factor
        assert float(fl.grad(fl.grad(lambda v: f(v) * v))(x)) == 2 * factor


def test_unmapped_values_steer_python_under_vmap():
    def f(x, flag):
        return x if flag > 0 else -x

    np.testing.assert_array_equal(fl.vmap(f, (0, None))(np.ones(3), -1.0), -np.ones(3))


# --- errors name the user's line and the remedy ----------------------------------------------------


def message(exc, f, *args):
    with pytest.raises(exc) as info:
        f(*args)
    return str(info.value)


def test_shape_error_names_line():
    def f(x):
        return fnp.sum(x + np.ones(4))  # the culprit

    for transformed in (fl.grad(f), fl.jit(f), lambda x: fl.vmap(f)(x[None])):
        text = message(ShapeError, transformed, np.ones(3))
        assert "# the culprit" in text and "(3,), (4,)" in text and "reshape" in text


def test_concretization_error_names_line_and_remedy():
    def f(x):
        if x > 0:  # the branch
            return x
        return -x

    for transformed in (fl.jit(f), lambda x: fl.vmap(f)(np.ones(2) * x)):
        text = message(ConcretizationError, transformed, 1.0)
        assert "# the branch" in text and "where" in text and "cond" in text


def test_index_error_names_static_argnums():
    text = message(ConcretizationError, fl.jit(lambda n: fnp.zeros(n)), 3)
    assert "static_argnums" in text


def test_leaked_tracer_names_birth():
    leaked = []

    def f(x):
        y = fnp.sin(x)  # born here
        leaked.append(y)
        return y

    for transformed in (fl.grad(f), fl.jit(f)):
        leaked.clear()
        transformed(1.0)
        text = message(LeakedTracerError, lambda: leaked[0] + 1.0)
        assert "# born here" in text and "has_aux" in text


def test_unsupported_numpy_function_names_line_and_neighbours():
    text = message(UnsupportedNumPyError, fl.grad(lambda x: np.isnat(x).sum()), np.ones(3))
    assert "np.isnat(x)" in text and "nearest names" in text


def test_array_conversion_is_refused():
    text = message(ConcretizationError, fl.grad(lambda x: np.asarray(x).sum()), np.ones(3))
    assert "np.asarray(x)" in text and "debug.print" in text


def test_item_assignment_names_at():
    def f(x):
        x[0] = 1.0
        return x

    text = message(TypeError, fl.jit(f), np.ones(3))
    assert "x.at[index].set(value)" in text


def test_non_native_byte_order_and_objects_are_refused():
    swapped = np.ones(3, ">f8")
    assert "byte order" in message(DTypeError, fl.grad(fnp.sum), swapped)
    assert "not supported" in message(DTypeError, fl.jit(fnp.sum), np.array([None]))


def test_a_source_knows_its_expression():
    jaxpr = fl.make_jaxpr(lambda x: np.sin(x) * (x + 2.0))(1.0).jaxpr
    assert [e.source.expression for e in jaxpr.eqns] == [
        "np.sin(x)",
        "x + 2.0",
        "np.sin(x) * (x + 2.0)",
    ]
