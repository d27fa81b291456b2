"""Packed weights live in the memory of results until those are made."""

import numpy as np

import functorch_lite as fl
from functorch_lite import functions as F
from functorch_lite import numpy as fnp
from functorch_lite.compile import compile_mode
from functorch_lite.compile.check import check_passes
from functorch_lite.compile.drive import compile_program

C = 96
RNG = np.random.default_rng(5)
X = RNG.standard_normal((4, C, 8, 8)).astype("float32")
WEIGHTS = [(RNG.standard_normal((C, C, 3, 3)) / 30).astype("float32") for _ in range(4)]


def loss(weights, x):
    for w in weights:
        x = F.relu(F.conv2d(x, w, padding=1))
    return fnp.sum(x * x)


def test_packed_weights_take_no_room_of_their_own():
    jaxpr = fl.make_jaxpr(fl.grad(loss))(WEIGHTS, X).jaxpr
    with check_passes():
        plan = compile_program(jaxpr).plan
    hosts = [plan.lodged[v] for v in plan.lodged]
    assert len(hosts) >= 2 and len(set(hosts)) == len(hosts)
    assert not plan.lodged.keys() & plan.offsets.keys()


def test_results_are_right_and_stay():
    with compile_mode("never"):
        want = [fl.jit(fl.grad(loss))([k * w for w in WEIGHTS], X) for k in (1, 2, 3)]
    f = fl.jit(fl.grad(loss))
    with compile_mode("always"):
        kept = [f([k * w for w in WEIGHTS], X) for k in (1, 2, 3)]
    for a, b in zip(fl.tree.leaves(kept), fl.tree.leaves(want), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4 * np.abs(b).max())
    arrays = fl.tree.leaves(kept)
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])


def test_a_host_is_large_enough_to_the_byte():
    """Memory in the arena is whole cache lines, that of a result is not."""
    w = RNG.standard_normal((128, 64, 3, 3)).astype("float32")
    x = RNG.standard_normal((4, 64, 16, 16)).astype("float32")

    def f(x, w, v):
        dx = fl.grad(lambda x: fnp.sum(F.conv2d(x, w, padding=1) ** 2))(x)
        return dx, v * fnp.sum(dx)

    for missing, lodged in ((0, 1), (1, 0)):
        jaxpr = fl.make_jaxpr(f)(x, w, np.ones(w.size - missing, "float32")).jaxpr
        with check_passes():
            assert len(compile_program(jaxpr).plan.lodged) == lodged


def test_donated_memory_hosts_nobody():
    """A donated weight is read until its gradient is there."""

    def step(weights, x):
        return [w - 0.01 * g for w, g in zip(weights, fl.grad(loss)(weights, x), strict=True)]

    jaxpr = fl.make_jaxpr(step)(WEIGHTS, X).jaxpr
    program = compile_program(jaxpr, donated=range(len(WEIGHTS)))
    assert not program.plan.lodged
    given = [w.copy() for w in WEIGHTS]
    outs = program([*given, X])
    with compile_mode("never"):
        want = fl.jit(step)(WEIGHTS, X)
    for out, w, b in zip(outs, given, want, strict=True):
        assert out is w
        np.testing.assert_allclose(out, b, rtol=1e-3, atol=1e-3 * np.abs(b).max())
