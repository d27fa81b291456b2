"""Each law holds for right functions and notices a planted violation."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite import testing as T
from functorch_lite.ir import REGISTRY
from functorch_lite.prims.lowering import Scalar
from functorch_lite.testing import LAWS

X = np.linspace(0.2, 1.0, 6).reshape(2, 3)


def f(x):
    return fnp.sum(fnp.tanh(x) * x, axis=0)


@pytest.mark.parametrize("name", list(LAWS))
def test_laws_hold(name):
    assert LAWS[name].check(f, X) == []
    assert LAWS[name].statement


def test_law_named_lists_the_names():
    assert T.law_named("vmap") is LAWS["vmap"]
    with pytest.raises(KeyError, match="hessian"):
        T.law_named("no such law")


def broken(monkeypatch, attribute, change, name="tanh"):
    p = REGISTRY[name]
    monkeypatch.setattr(p, attribute, change(getattr(p, attribute)))
    monkeypatch.setattr(p, "pullbacks", {})


def test_wrong_jvp(monkeypatch):
    broken(monkeypatch, "jvp", lambda right: lambda ts, xs, y: 2.0 * right(ts, xs, y))
    with pytest.raises(T.LawViolation, match="jvp"):
        LAWS["jvp"].check(f, X)


def test_wrong_transpose(monkeypatch):
    def change(right):
        return lambda ct, x, **k: [2.0 * c for c in right(ct, x, **k)]

    broken(monkeypatch, "transpose", change, "reduce_sum")
    for name in ("adjoint", "jacobian"):
        with pytest.raises(T.LawViolation):
            LAWS[name].check(f, X)
    with pytest.raises(T.LawViolation, match="transpose"):
        LAWS["transpose"].check(lambda x: fnp.sum(x, axis=0), X)


def test_wrong_batch(monkeypatch):
    def change(right):
        return lambda size, args, batched, **k: right(size, [a[::-1] for a in args], batched, **k)

    broken(monkeypatch, "batch", change)
    for name in ("vmap", "vmap_grad"):
        with pytest.raises(T.LawViolation):
            LAWS[name].check(f, X)


def test_wrong_kernel(monkeypatch):
    broken(monkeypatch, "lower", lambda right: Scalar("sin({0})"))
    for name in ("jit", "jit_grad"):
        with pytest.raises(T.LawViolation):
            LAWS[name].check(f, X)


def test_wrong_types(monkeypatch):
    def change(right):
        return lambda *a, **k: right(*a, **k).update(dtype=np.dtype("float32"))

    broken(monkeypatch, "abstract_eval", change)
    with pytest.raises(T.LawViolation, match="types"):
        LAWS["types"].check(fnp.tanh, X)


def test_wrong_linearity():
    @fl.custom_vjp
    def g(x):
        return x * x

    g.defvjp(lambda x: (x * x, x), lambda x, ct: (2 * x * ct + 1.0,))
    with pytest.raises(T.LawViolation, match="linearity"):
        LAWS["linearity"].check(g, X)


def test_wrong_pushforward():
    @fl.custom_jvp
    def g(x):
        return x * x

    @g.defjvp
    def rule(primals, tangents):
        return g(primals[0]), 2 * primals[0] * tangents[0] + 1.0

    with pytest.raises(T.LawViolation, match="pushforward"):
        LAWS["pushforward"].check(g, X)


def test_wrong_primal():
    """A fwd that returns another value than the function that it differentiates."""
    g = fl.custom_vjp(lambda x: x * x)
    g.defvjp(lambda x: (x * x + 1e-3, x), lambda x, ct: (2 * x * ct,))
    with pytest.raises(T.LawViolation, match="primal"):
        LAWS["primal"].check(g, X)


def test_vjp_needs_no_forward_mode():
    """A gradient that is clipped is not linear, so it has no forward mode; it is still checked."""
    g = fl.custom_vjp(lambda x: x)
    g.defvjp(lambda x: (x, None), lambda _, ct: (fnp.clip(ct, -0.1, 0.1),))
    with pytest.raises(T.LawViolation, match="vjp"):
        LAWS["vjp"].check(g, X)
    assert LAWS["vjp"].check(lambda x: g(x * 0.0) + x, X) == []


def test_wrong_purity():
    def g(x):
        if isinstance(x, np.ndarray):
            x[0] = 0
        return x

    mine = X.copy()
    with pytest.raises(T.LawViolation, match="purity"):
        LAWS["purity"].check(g, mine)
    np.testing.assert_array_equal(mine, X)


def test_wrong_checkpoint():
    counter = iter(range(100))
    with pytest.raises(T.LawViolation, match="checkpoint"):
        LAWS["checkpoint"].check(lambda x: x * float(next(counter)), X)


def test_wrong_backward():
    def g(x):
        return fnp.sin(x) if hasattr(x, "backward") else x

    with pytest.raises(T.LawViolation, match="backward"):
        LAWS["backward"].check(g, X)
