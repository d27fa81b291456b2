"""Running a jaxpr without a compiler."""

import weakref

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite.ir import failed_eqn, run_jaxpr


def program(look, n=3):
    def f(x):
        return fl.pure_callback(look, fl.ShapeDtypeStruct((n,), "float64"), x * 2.0)

    return fl.make_jaxpr(f)(np.ones(n)).jaxpr


def test_a_donated_argument_is_free_after_its_last_use():
    alive = []
    args = [np.ones(3)]
    ref = weakref.ref(args[0])

    def look(y):
        alive.append(ref() is not None)
        return np.asarray(y)

    kept = run_jaxpr(program(look), args)
    given_up = run_jaxpr(program(look), args, (0,))
    assert alive == [True, False] and args == [None]
    np.testing.assert_array_equal(kept, given_up)


def test_failed_eqn_is_the_one_that_raised():
    def look(y):
        raise ZeroDivisionError("no")

    with pytest.raises(ZeroDivisionError) as caught:
        run_jaxpr(program(look), [np.ones(3)], (0,))
    assert failed_eqn(caught.value).primitive.name == "pure_callback"
    assert failed_eqn(ValueError("elsewhere")) is None
