"""Nothing grows over many calls, and what nobody uses is let go."""

import gc
import tracemalloc
import weakref

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import lax
from functorch_lite import numpy as fnp
from functorch_lite.compile import compile_mode

X = np.linspace(0.0, 1.0, 24).reshape(4, 6)
LARGE = np.ones((256, 256))


def loss(w, x):
    return fnp.sum(fnp.tanh(x @ w))


CALLS = {
    "kernel": lambda: fl.jit(lambda x: fnp.tanh(x) * 2.0),
    "python numbers": lambda: (lambda f: lambda x: f(2.5, x))(fl.jit(lambda a, x: a * x)),
    "pytrees": lambda: (lambda f: lambda x: f({"a": (x, x)}, b=[x]))(
        fl.jit(lambda t, b: {"r": t["a"][0] * b[0]})
    ),
    "static": lambda: (lambda f: lambda x: f(x, 3))(fl.jit(lambda x, n: x * n, static_argnums=1)),
    "product": lambda: fl.jit(lambda x: fnp.exp(x @ x.T)),
    "loop": lambda: fl.jit(lambda x: lax.fori_loop(0, 3, lambda i, c: c * 1.5, x[0])),
    "gradient inside": lambda: fl.jit(fl.grad(lambda x: fnp.sum(fnp.sin(x)))),
    "gradient outside": lambda: fl.grad(fl.jit(lambda x: fnp.sum(fnp.sin(x)))),
    "vmap outside": lambda: fl.vmap(fl.jit(lambda x: fnp.sin(x) * 2.0)),
    "jvp outside": lambda: lambda x: fl.jvp(fl.jit(fnp.sin), (x,), (x,)),
    "error": lambda: failing,
}


def failing(x):
    with pytest.raises(fl.ConcretizationError):
        fl.jit(lambda x: 1.0 if x[0, 0] > 0 else 2.0)(x)


def grown(call, x, times):
    """Bytes and objects that are there after `times` calls and were not before."""
    tracemalloc.start()
    try:
        for _ in range(max(10, times // 2)):  # until the allocators' own stores are full
            call(x)
        gc.collect()
        objects, size = len(gc.get_objects()), tracemalloc.get_traced_memory()[0]
        for _ in range(times):
            call(x)
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - size, len(gc.get_objects()) - objects
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", CALLS)
def test_repeated_calls_leave_nothing(name):
    call = CALLS[name]()
    times = {"kernel": 10_000, "python numbers": 10_000, "error": 1000}.get(name, 1500)
    size, objects = grown(call, X, times)
    # Far less than an object for each call.
    assert objects < times / 20, (size, objects)
    assert size < 10 * times + 10_000, (size, objects)


def test_large_results_do_not_pile_up():
    f = fl.jit(lambda x: (x * 2.0, x @ x))
    f(LARGE), f(LARGE)
    before = resident()
    for _ in range(300):
        f(LARGE)
    assert resident() - before < 40e6  # the results of all calls would be 300 MB


def resident():
    """Bytes of memory that the process has; 0 where nobody tells."""
    try:
        with open("/proc/self/statm") as f:
            return int(f.read().split()[1]) * 4096
    except OSError:
        return 0


def programs():
    return sum(type(o).__name__ in ("Jaxpr", "CompiledProgram") for o in gc.get_objects())


def test_retraces_are_dropped_by_clear_cache():
    gc.collect()
    before = programs()
    f = fl.jit(lambda x: fnp.sum(fnp.sin(x)))
    g = fl.grad(f)
    with compile_mode("always"):
        for n in range(1, 30):
            f(np.ones(n)), g(np.ones(n))
    assert programs() - before >= 58
    f.clear_cache()
    gc.collect()
    assert programs() - before <= 0
    assert f(np.ones(3)) == pytest.approx(3 * np.sin(1))


@pytest.mark.parametrize("mode", ["never", "always"])
def test_programs_die_with_their_function(mode):
    class Held(np.ndarray):
        pass

    def use():
        weights = np.ones(6).view(Held)
        f = fl.jit(lambda x: fl.checkpoint(lambda x: fnp.tanh(x) * weights)(x) + 1.0)
        with compile_mode(mode):
            for _ in range(3):
                f(X)
                fl.grad(lambda x: fnp.sum(f(x)))(X)
                fl.vmap(f)(X)
                fl.jvp(f, (X,), (X,))
        (call,) = [c for k, c in f.cache.items() if k[1][0].shape == X.shape]
        held = [f, f.fun, call.jaxpr, weights]
        if mode == "always":
            held.append(call.jaxpr.memo["program"])
        return [weakref.ref(x) for x in held]

    dead = use()
    gc.collect()
    assert [r() for r in dead] == [None] * len(dead)


def test_functions_made_in_a_loop_leave_nothing():
    def step(x):
        return fl.jit(lambda y: fnp.sin(y) * 2.0 + fnp.sum(y))(x)

    with compile_mode("always"):
        size, objects = grown(step, X, 60)
    assert objects < 60 * 5, (size, objects)
    assert size < 60 * 2000, (size, objects)


def test_arguments_and_results_are_let_go_at_once():
    f = fl.jit(lambda x: fnp.exp(x @ x) * 2.0)
    with compile_mode("always"):
        f(LARGE)
        x = LARGE.copy()
        argument = weakref.ref(x)
        result = weakref.ref(f(x))
        del x
    assert argument() is None and result() is None
