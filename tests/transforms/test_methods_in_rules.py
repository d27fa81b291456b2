"""Outside of jit, too, rules and branches get arrays with the methods that tracers have."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import lax, random
from functorch_lite import numpy as fnp

X = np.arange(3.0)


@fl.custom_vjp
def square(x):
    return x**2


square.defvjp(
    lambda x: (square(x).at[0].add(0.0), x.at[0].add(0.0)),
    lambda x, ct: (2 * x.at[1].set(5.0) * ct.at[0].set(0.0),),
)


@fl.custom_jvp
def cube(x):
    return x**3


@cube.defjvp
def _(primals, tangents):
    (x,), (t,) = primals, tangents
    return cube(x), x.at[1].set(1.0) * t.at[0].set(7.0)


def first(x):
    return x.at[0].set(9.0)


CASES = {
    "bwd": (lambda x: fl.grad(lambda x: fnp.sum(square(x)))(x), [0.0, 10.0, 4.0]),
    "jvp": (lambda x: fl.jvp(cube, (x,), (x,))[1], [0.0, 1.0, 4.0]),
    "cond": (lambda x: lax.cond(True, first, lambda x: x, x), [9.0, 1.0, 2.0]),
    "switch": (lambda x: lax.switch(1, [lambda x: x, first], x), [9.0, 1.0, 2.0]),
    "associative_scan": (
        lambda x: lax.associative_scan(lambda a, b: a.at[:].add(b), x),
        [0.0, 1.0, 3.0],
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("transform", [lambda f: f, fl.jit])
def test_at(name, transform):
    f, want = CASES[name]
    assert transform(f)(X).tolist() == want


@pytest.mark.parametrize("draw", [random.normal, random.uniform, random.bits])
def test_drawn_numbers_have_at(draw):
    assert draw(random.key(0), shape=(3,)).at[0].set(0)[0] == 0
    assert random.permutation(random.key(0), 3).at[0].set(7)[0] == 7
