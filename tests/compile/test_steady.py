"""Packed weights that outlast a call: reused, and never stale."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import functions as F
from functorch_lite import numpy as fnp
from functorch_lite.compile import compile_mode
from functorch_lite.compile.drive import compile_program
from functorch_lite.compile.steady import Watch
from functorch_lite.ir import run_jaxpr
from functorch_lite.transforms.seal import break_seal, seal

RNG = np.random.default_rng(5)
X = RNG.standard_normal((2, 16, 8, 8)).astype("f4")
W = (RNG.standard_normal((3, 64, 64, 3, 3)) / 24).astype("f4")
FIRST = RNG.standard_normal((64, 16, 3, 3)).astype("f4")
SCALE = RNG.uniform(0.5, 1.5, (64,)).astype("f4")


def network(x, first, w, scale):
    x = F.relu(F.conv2d(x, first, padding=1) * fnp.sqrt(scale)[:, None, None])
    for k in w:
        x = F.relu(F.conv2d(x, k, padding=1))
    return x


def compiled(f, *args):
    leaves = fl.tree_util.tree_leaves(args)
    jaxpr = fl.make_jaxpr(f)(*args).jaxpr
    return compile_program(jaxpr), jaxpr, leaves


def check(program, jaxpr, leaves):
    (got,) = program(leaves)
    (want,) = run_jaxpr(jaxpr, leaves)
    assert np.abs(got - want).max() < 1e-4 * np.abs(want).max()


def runs(program):
    """Count the runs of the steps that only weights decide."""
    counted = []
    (arena,) = program._arenas
    segment, run = arena.segments[0], arena.segments[0].run
    segment.run = lambda addresses: (counted.append(1), run(addresses))
    return counted


def test_weights_are_packed_once():
    program, jaxpr, leaves = compiled(network, X, FIRST, list(W), SCALE)
    assert program.steady.steps
    program(leaves)
    counted = runs(program)
    for _ in range(5):
        check(program, jaxpr, leaves)
    assert len(counted) == 1  # only now they were seen a second time at the same place
    leaves[0] = RNG.standard_normal(X.shape).astype("f4")
    check(program, jaxpr, leaves)
    assert len(counted) == 1


@pytest.mark.parametrize("which", ["first", "last", "scale", "one bit"])
def test_weights_written_to_by_the_caller_are_seen(which):
    program, jaxpr, leaves = compiled(network, X, FIRST.copy(), [w.copy() for w in W], SCALE.copy())
    for _ in range(3):
        check(program, jaxpr, leaves)
    for _ in range(3):
        if which == "one bit":
            leaves[3].view(np.uint8).reshape(-1)[-1] ^= 0x80
        else:
            leaves[{"first": 1, "last": 4, "scale": 5}[which]][...] *= 1.5
        check(program, jaxpr, leaves)
        check(program, jaxpr, leaves)


def test_other_weights_of_the_same_shape_are_seen():
    program, jaxpr, leaves = compiled(network, X, FIRST, list(W), SCALE)
    for _ in range(3):
        check(program, jaxpr, leaves)
    leaves[2], leaves[3] = leaves[3], leaves[2]
    check(program, jaxpr, leaves)


def test_an_interrupted_run_is_not_trusted():
    program, jaxpr, leaves = compiled(network, X, FIRST.copy(), list(W), SCALE)
    for _ in range(3):
        check(program, jaxpr, leaves)
    (arena,) = program._arenas
    run = arena.segments[0].run

    def interrupted(addresses):
        raise KeyboardInterrupt

    leaves[1][...] *= 2
    arena.segments[0].run = interrupted
    with pytest.raises(KeyboardInterrupt):
        program(leaves)
    arena.segments[0].run = run
    for _ in range(3):
        check(program, jaxpr, leaves)


def test_weights_computed_from_data_are_not_kept():
    def f(x, w):
        return F.conv2d(x, w * fnp.mean(F.conv2d(x, w, padding=1)), padding=1)

    program, jaxpr, leaves = compiled(f, RNG.standard_normal((2, 64, 8, 8)).astype("f4"), W[0])
    for _ in range(4):
        leaves[0] = RNG.standard_normal((2, 64, 8, 8)).astype("f4")
        check(program, jaxpr, leaves)


def test_gradients_keep_nothing():
    loss = fl.grad(lambda w, x: fnp.sum(F.conv2d(x, w, padding=1) ** 2))
    x = RNG.standard_normal((2, 64, 8, 8)).astype("f4")
    program, _, _ = compiled(loss, W[0], x)
    assert program.steady.steps == 0


def test_closed_over_weights_are_operands():
    w = W[0].copy()
    f = fl.jit(lambda x: F.conv2d(x, w, padding=1))
    x = RNG.standard_normal((1, 64, 8, 8)).astype("f4")
    with compile_mode("always"):
        for _ in range(3):
            before = f(x)
        w *= 2
        np.testing.assert_allclose(f(x), 2 * before, rtol=1e-4, atol=1e-4)


def test_watch_gives_up_on_what_always_changes_in_place():
    x = np.zeros(1000)
    watch = Watch([x.nbytes])
    taken, run = [], watch._program.run
    watch._program.run = lambda together: (taken.append(1), run(together))
    for k in range(100):
        x[0] = k
        assert watch.changed([x], [x.ctypes.data])
        watch.settle()
    assert len(taken) < 20
    for _ in range(200):
        changed = watch.changed([x], [x.ctypes.data])
        watch.settle()
    assert not changed


def test_sealed_weights_are_not_read_again():
    program, jaxpr, leaves = compiled(network, X, FIRST.copy(), [w.copy() for w in W], SCALE.copy())
    for i in program.watched:
        seal(leaves[i])
    program(leaves)
    counted = runs(program)
    (arena,) = program._arenas
    arena.watch._program = None  # a fingerprint would raise
    for _ in range(3):
        check(program, jaxpr, leaves)
    assert not counted


@pytest.mark.parametrize("again", [False, True])
def test_broken_seals_are_seen(again):
    program, jaxpr, leaves = compiled(network, X, FIRST.copy(), [w.copy() for w in W], SCALE.copy())
    for _ in range(3):
        for i in program.watched:
            seal(leaves[i])
        check(program, jaxpr, leaves)
        check(program, jaxpr, leaves)
        break_seal(leaves[2])
        leaves[2][...] *= 2
        if again:
            seal(leaves[2])
        check(program, jaxpr, leaves)


def test_a_sealed_array_in_the_place_of_another_is_seen():
    program, jaxpr, leaves = compiled(network, X, FIRST.copy(), [w.copy() for w in W], SCALE.copy())
    for k in range(5):
        leaves[2] = None
        leaves[2] = W[0] * (k + 1)  # as a rule in the memory, and with the id, of the one before
        for i in program.watched:
            seal(leaves[i])
        check(program, jaxpr, leaves)


def test_training_between_inferences_of_tensors_is_seen(monkeypatch):
    looked = []
    differs = Watch._differs
    monkeypatch.setattr(Watch, "_differs", lambda *a: (looked.append(1), differs(*a))[1])
    fl.manual_seed(0)
    model = fl.nn.Sequential(
        fl.nn.Conv2d(16, 64, 3, padding=1), fl.nn.ReLU(), fl.nn.Conv2d(64, 64, 3, padding=1)
    )
    optimizer = fl.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9)
    x = fl.tensor(X)
    for _ in range(4):
        for k in range(6):
            if k == 4:  # compiled, and then packed
                looked.clear()
            with fl.no_grad():
                got = model(x).numpy()
            with fl.eager(), fl.no_grad():
                want = model(x).numpy()
            assert np.abs(got - want).max() < 1e-4 * np.abs(want).max()
        assert not looked
        for _ in range(3):
            optimizer.zero_grad()
            (model(x) ** 2).mean().backward()
            optimizer.step()
        with fl.no_grad():
            model[0].weight.mul_(1.5)
