"""Running a jaxpr without a compiler."""

import weakref

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite.ir import Handover, failed_eqn, run_jaxpr


def program(look, n=3):
    def f(x):
        return fl.pure_callback(look, fl.ShapeDtypeStruct((n,), "float64"), x * 2.0)

    return fl.make_jaxpr(f)(np.ones(n)).jaxpr


def test_a_donated_argument_is_free_after_its_last_use():
    alive = []
    args = Handover([np.ones(3)])
    ref = weakref.ref(args[0])

    def look(y):
        alive.append(ref() is not None)
        return np.asarray(y)

    kept = run_jaxpr(program(look), args)
    given_up = run_jaxpr(program(look), args, (0,))
    assert alive == [True, False] and args == [None]
    np.testing.assert_array_equal(kept, given_up)


def test_an_evaluation_goes_on_where_an_exception_has_stopped_it():
    calls = []

    def look(y):
        calls.append(y)
        if len(calls) == 1:
            raise ZeroDivisionError("no")
        return y

    args = Handover([np.ones(3)])
    with pytest.raises(ZeroDivisionError):
        run_jaxpr(program(look), args, (0,))
    assert args == [None]
    (y,) = args.evaluation.run()
    np.testing.assert_array_equal(y, [2.0, 2.0, 2.0])
    assert np.shares_memory(*calls)  # what had been computed is not computed again


def test_failed_eqn_is_the_one_that_raised():
    def look(y):
        raise ZeroDivisionError("no")

    with pytest.raises(ZeroDivisionError) as caught:
        run_jaxpr(program(look), Handover([np.ones(3)]), (0,))
    assert failed_eqn(caught.value).primitive.name == "pure_callback"
    assert failed_eqn(ValueError("elsewhere")) is None


def test_a_program_that_is_run_once_is_not_written_as_python():
    jaxpr = fl.make_jaxpr(lambda x: fl.numpy.sin(x) * 2.0)(np.ones(3)).jaxpr
    once = run_jaxpr(jaxpr, [np.arange(3.0)], once=True)
    assert "python" not in jaxpr.memo
    np.testing.assert_array_equal(once, run_jaxpr(jaxpr, [np.arange(3.0)]))
    assert "python" in jaxpr.memo
