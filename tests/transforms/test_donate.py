"""jit(donate_argnums=): donated arrays are used for results, nothing else is ever touched."""

import contextlib
import warnings

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.compile import compile_mode
from functorch_lite.ir import run_jaxpr
from functorch_lite.testing.choices import SeededChoices
from functorch_lite.testing.generate import random_program

MODES = pytest.mark.parametrize("mode", ["never", "auto", "always"])
N = 100_000


def update(p, v, g):
    v = {k: 0.9 * v[k] + g[k] for k in v}
    return {k: p[k] - 0.5 * v[k] for k in p}, v


def state(value):
    return {"a": np.full(N, value), "b": [np.full((3, 4), value), np.full(5, value)][0]}


@MODES
@pytest.mark.parametrize("options", [{"donate_argnums": (0, 1)}, {"donate_argnames": ["p", "v"]}])
def test_a_loop_lives_in_the_arrays_that_it_began_with(options, mode):
    step = fl.jit(update, **options)
    p, v, g = state(1.0), state(0.0), state(2.0)
    homes = {id(x) for tree in (p, v) for x in tree.values()}
    want_p, want_v = state(1.0), state(0.0)
    with compile_mode(mode):
        for _ in range(4):
            want_p, want_v = update(want_p, want_v, g)
            p, v = step(p, v=v, g=g) if "donate_argnames" in options else step(p, v, g)
            assert {id(x) for tree in (p, v) for x in tree.values()} == homes
            for k in g:
                np.testing.assert_allclose(p[k], want_p[k], rtol=1e-15)
                np.testing.assert_allclose(v[k], want_v[k], rtol=1e-15)
                assert (g[k] == 2.0).all()


@MODES
def test_results_of_other_programs_are_whole(mode):
    make, half = fl.jit(lambda x: x + 1.0), fl.jit(lambda x: x * 0.5, donate_argnums=0)
    with compile_mode(mode):
        for _ in range(3):
            x = make(np.ones(N))
            y = half(x)
            assert y is x and (y == 1.0).all()
        x = make(np.ones(N))
        y = half(x.reshape(-1))  # a view, though of the same size
        assert (x == 2.0).all() and (y == 1.0).all()


@MODES
def test_arrays_of_the_namespace(mode):
    half = fl.jit(lambda x: x * 0.5, donate_argnums=0)
    with compile_mode(mode):
        for _ in range(3):
            x = fnp.ones(N)
            y = half(x)
            assert np.shares_memory(x, y) and (y == 0.5).all()
            x = fnp.ones(N)
            plain = np.asarray(x)
            y = half(x)
            assert (plain == 1).all() and (y == 0.5).all()


def read_only():
    x = np.ones(6)
    x.flags.writeable = False
    return x


UNUSABLE = {
    "a view": lambda: np.ones(8)[1:7],
    "of the same size": lambda: np.ones((2, 3)).reshape(-1),
    "backwards": lambda: np.ones(6)[::-1],
    "read-only": read_only,
    "in other memory": lambda: np.frombuffer(bytearray(np.ones(6).tobytes())),
    "not row-major": lambda: np.asfortranarray(np.ones((2, 3))),
}


@MODES
@pytest.mark.parametrize("what", UNUSABLE)
def test_what_is_not_whole_is_copied(what, mode):
    f = fl.jit(lambda x, y: (x + y, x - y), donate_argnums=0)
    with compile_mode(mode):
        for _ in range(3):
            x = UNUSABLE[what]()
            y = np.full(x.shape, 2.0)
            plus, minus = f(x, y)
            assert (x == 1).all() and (y == 2).all()
            assert (plus == 3).all() and (minus == -1).all()
            assert not any(np.shares_memory(o, a) for o in (plus, minus) for a in (x, y))
            assert not np.shares_memory(plus, minus)


@MODES
def test_aliases(mode):
    weight = np.ones(N)
    f = fl.jit(lambda p, q: (p["w"] * 2.0, p["u"] * 3.0, q + 1.0, weight), donate_argnums=0)
    with compile_mode(mode):
        for case in range(4):
            for _ in range(3):
                w, u = np.ones(N), np.ones(N)
                p, q = [
                    ({"w": w, "u": w}, u),  # tied parameters
                    ({"w": w, "u": u}, w),  # also given as an argument that is kept
                    ({"w": w, "u": u}, u[: N // 2]),
                    ({"w": weight, "u": u}, u),  # also closed over
                ][case]
                doubled, tripled, more, same = f(p, q)
                assert (doubled == 2).all() and (tripled == 3).all() and (more == 2).all()
                assert (q == 1).all() and (weight == 1).all() and (same == 1).all()
                arrays = [doubled, tripled, more, same, q, weight]
                for i, x in enumerate(arrays):
                    assert not any(np.shares_memory(x, y) for y in arrays[:i] if y is not x)


@MODES
def test_an_argument_that_is_returned_is_passed_on(mode):
    f = fl.jit(lambda s: {"frozen": s["frozen"], "n": s["n"] + 1.0}, donate_argnums=0)
    s = {"frozen": np.arange(5.0), "n": np.zeros(3)}
    frozen, n = s["frozen"], s["n"]
    with compile_mode(mode):
        for _ in range(3):
            s = f(s)
            assert s["frozen"] is frozen and s["n"] is n
    np.testing.assert_array_equal(frozen, np.arange(5.0))
    assert (n == 3).all()


@MODES
def test_views_of_a_donated_argument_do_not_meet_in_results(mode):
    f = fl.jit(lambda a: (a.T, a, a[:1], a + 1.0), donate_argnums=0)
    with compile_mode(mode):
        for _ in range(3):
            a = np.arange(9.0).reshape(3, 3).copy()
            outs = f(a)
            want = np.arange(9.0).reshape(3, 3)
            for out, expected in zip(outs, (want.T, want, want[:1], want + 1), strict=True):
                np.testing.assert_array_equal(out, expected)
            for i, x in enumerate(outs):
                assert not any(np.shares_memory(x, y) for y in outs[:i])


def test_not_usable_is_said_once_at_the_line_of_the_call():
    f = fl.jit(lambda x, y, unused: fnp.sum(x) + y, donate_argnums=(0, 1, 2))
    with pytest.warns(UserWarning, match=r"not usable: float64\[3\]\. No result of .*") as caught:
        f(np.ones(3), np.ones(4), np.ones(5))
    assert caught[0].filename == __file__
    f(np.ones(3), np.ones(4), np.ones(5))  # (warnings are errors here)
    fl.jit(lambda x: f(x, x, x))(np.ones(2))  # a call that is recorded donates nothing


@MODES
def test_transforms_donate_nothing(mode):
    f = fl.jit(lambda x: x * x, donate_argnums=0)
    x, t = np.full(3, 3.0), np.ones(3)
    with compile_mode(mode):
        for _ in range(3):
            results = [
                fl.grad(lambda x: fnp.sum(f(x)))(x) / 6,
                fl.vmap(f)(x) / 9,
                fl.jvp(f, (x,), (t,))[1] / 6,
                fl.vjp(f, x)[1](t)[0] / 6,
                fl.jit(lambda x: f(x) + x)(x) / 12,
                # x is not the tracer here, but the transform has kept it for its pullback.
                fl.grad(lambda w: fnp.sum(w * x) + fnp.sum(f(x)))(t) / 3,
            ]
            assert (x == 3).all() and (t == 1).all()
            for r in results:
                np.testing.assert_allclose(r, 1.0, rtol=1e-12)
    with fl.disable_jit():
        f(x)
    assert (x == 3).all()


@MODES
def test_scalars_and_static_arguments(mode):
    f = fl.jit(lambda n, x, s: [x * n, s + 1], static_argnums=0, donate_argnums=(1, 2))
    with compile_mode(mode):
        for n in (2, 3, 2, 2):  # records again
            for s in (1.0, np.float64(1.0), np.array(1.0)):
                x = np.ones(4)
                doubled, more = f(n, x, s)
                assert doubled is x and (doubled == n).all() and more == 2 and s == 1


@MODES
def test_tensors_are_not_donated(mode):
    f = fl.jit(lambda x, t: [x * 2.0, t + 1.0], donate_argnums=(0, 1))
    x, t = np.ones(4), fl.tensor([1.0, 2.0], requires_grad=True)
    with compile_mode(mode):
        for _ in range(3):
            doubled, more = f(x, t)
            assert doubled.tolist() == [2.0] * 4 and (x == 1).all()
            assert more.tolist() == [2.0, 3.0] and t.tolist() == [1.0, 2.0]


def test_other_types_record_again():
    f = fl.jit(lambda x: x + x, donate_argnums=0)
    for dtype in ("float32", "float64", "int32"):
        for shape in ((3,), (2, 5)):
            for _ in range(3):
                x = np.ones(shape, dtype)
                y = f(x)
                assert y is x and y.dtype == dtype and (y == 2).all()


def test_compiled_ahead_of_time():
    f = fl.jit(lambda x, y: x * y, donate_argnums=0)
    low = f.lower(np.ones(N), np.ones(N))
    assert low.cost()["peak_memory"] == 2 * 8 * N  # the result is in the memory of x
    x = np.full(N, 3.0)
    y = low.compile()(x, np.full(N, 2.0))
    assert y is x and (y == 6).all()


@contextlib.contextmanager
def unusable_is_no_news():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Some donated buffers")
        yield


@pytest.mark.parametrize("seed", range(40))
def test_random_programs(seed):
    program = random_program(SeededChoices([11, seed]), 8)
    rng = np.random.default_rng(seed)
    n = len(program.args)
    given = tuple(i for i in range(n) if rng.random() < 0.6)
    aliases = {i: int(rng.integers(n)) for i in range(n) if rng.random() < 0.2}
    f = fl.jit(lambda *args: program(*args), donate_argnums=given)
    for mode in ("never", "always"):
        with compile_mode(mode), unusable_is_no_news(), np.errstate(all="ignore"):
            for _ in range(3):
                args = [np.array(a) for a in program.args]
                for i, j in aliases.items():
                    if args[i].shape == args[j].shape and args[i].dtype == args[j].dtype:
                        args[i] = args[j] if rng.random() < 0.5 else args[j][...]
                before = [np.array(a) for a in args]
                want = run_jaxpr(program.jaxpr, [np.array(a) for a in args])
                outs = f(*args)
                for out, w in zip(outs, want, strict=True):
                    single = out.dtype in (np.float32, np.complex64)
                    tolerance = 1e-4 if single else 1e-9
                    np.testing.assert_allclose(out, w, rtol=tolerance, atol=tolerance)
                kept = [x for i, x in enumerate(args) if i not in given]
                for i, x in enumerate(args):
                    if any(np.shares_memory(x, k) for k in kept):
                        np.testing.assert_array_equal(x, before[i])
                for i, out in enumerate(outs):
                    assert not any(np.shares_memory(out, x) for x in (*kept, *outs[:i]))
