"""Why jitted functions are recorded again."""

import numpy as np

import functorch_lite as fl


def test_retraces_name_the_argument_that_changed():
    f = fl.jit(lambda p, n, *rest, scale=1: p["w"] * n * scale, static_argnums=1)
    w = np.ones(3)

    def reasons(*args, **kwargs):
        f(*args, **kwargs)
        return f.retraces()[-1].reasons if f.retraces() else ()

    assert reasons({"w": w}, 2) == ()
    assert reasons({"w": w}, 2) == ()
    assert reasons({"w": np.ones(4)}, 2) == ("p['w'] changed shape: (3,) -> (4,)",)
    assert reasons({"w": w.astype("f4")}, 2) == ("p['w'] changed dtype: float64 -> float32",)
    assert reasons({"w": 1.0}, 2)[-1] == "p['w'] was an array and is a Python number"
    assert reasons({"w": w}, 3) == ("static argument n changed: 2 -> 3",)
    assert reasons({"w": w}, 3.0) == ("static argument n changed: 3 -> 3.0",)
    assert reasons({"w": w, "b": w}, 3)[0].startswith("structure of the arguments changed: with")
    assert "p['b']" in f.retraces()[-1].reasons[0]
    assert reasons({"w": w}, 2, scale=2) == ("structure of the arguments changed: with scale",)
    assert "rest[0]" in reasons({"w": w}, 2, w)[0]
    # The nearest earlier signature is what it is compared with, not the last one.
    assert reasons({"w": np.ones(5)}, 2) in [
        (f"p['w'] changed shape: ({n},) -> (5,)",) for n in (3, 4)
    ]
    assert len(f.retraces()) == 9
    text = str(f.retraces())
    assert "was recorded again at" in text and "test_retrace.py:" in text
    f.clear_cache()
    assert f.retraces() == []
    assert str(f.retraces()) == "nothing was recorded again"


def test_retraces_under_named_axes_and_of_closed_over_tracers():
    f = fl.jit(lambda x: x * 2)
    f(1.0)
    fl.vmap(lambda y: f(1.0) + y, axis_name="i")(np.ones(2))
    assert f.retraces()[-1].reasons == ("mapped axes in scope changed: {} -> {'i': 2}",)

    def outer(w):
        g = fl.jit(lambda x: x * w)
        g(1.0), g(1.0)
        found.extend(g.retraces())
        return g(1.0)

    found = []
    fl.grad(outer)(2.0)
    assert "closes over a value that is being traced" in found[0].reasons[0]


def test_explain_retraces_finds_functions_that_are_jitted_anew(caplog):
    f = fl.jit(lambda x: x + 1)
    f(np.ones(2))

    def step(x):
        return fl.jit(lambda y: y * 2)(x)

    with fl.explain_retraces() as report:
        f(np.ones(3))
        for _ in range(20):
            step(np.ones(2))
    f(np.ones(4))
    assert [r.reasons[0].partition(":")[0] for r in report] == [
        "x changed shape",
        *["it is a new jitted function of the same code as one before; call jit once, outside of "
          "the loop or function"] * 19,
    ]  # fmt: skip
    with caplog.at_level("DEBUG", "functorch_lite.jit"):
        f(np.ones(5))
    assert "x changed shape: (4,) -> (5,)" in caplog.text
