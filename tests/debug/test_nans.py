"""Where NaNs are born."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import numpy as fnp
from functorch_lite.errors import NaNError
from functorch_lite.lax.control import fori_loop, scan


def masked_sqrt(x):
    y = fnp.sqrt(x)
    return fnp.sum(fnp.where(x > 0, y, 0.0) * 2.0)


def masked_log(x):
    return fnp.sum(fnp.where(x > 0, fnp.log(x), 0.0))


def masked_division(x):
    return fnp.sum(fnp.where(x == 0, 1.0, fnp.sin(x) / x))


def masked_power(x):
    return fnp.sum(fnp.where(x > 0, x**0.5, x))


def masked_arccos(x):
    return fnp.sum(fnp.where(fnp.abs(x) < 4, fnp.arccos(x / 4), 0.0))


X = np.array([1.0, 0.0, 4.0])
# f, bad element, equation of birth, what was differentiated, line of the where
MASKED = [
    (masked_sqrt, 1, "mul", "sqrt", "fnp.where(x > 0, y, 0.0)"),
    (masked_log, 1, "div", "log", "fnp.where(x > 0, fnp.log(x), 0.0)"),
    (masked_division, 1, "div", None, "fnp.where(x == 0, 1.0, fnp.sin(x) / x)"),
    (masked_power, 1, "mul", "pow", "fnp.where(x > 0, x**0.5, x)"),
    (masked_arccos, 2, "mul", "acos", "fnp.where(fnp.abs(x) < 4, fnp.arccos(x / 4), 0.0)"),
]
WAYS = {
    "grad": fl.grad,
    "grad of jit": lambda f: fl.grad(fl.jit(f)),
    "jit of grad": lambda f: fl.jit(fl.grad(f)),
    "checkpoint": lambda f: fl.grad(fl.checkpoint(f)),
    "vmap": lambda f: lambda x: fl.vmap(fl.grad(f))(x[None])[0],
    "jacfwd of grad": lambda f: lambda x: fl.grad(lambda y: fl.vjp(f, y)[0])(x),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("f", "bad", "born", "forward", "where"), MASKED)
def test_masked_branches(f, bad, born, forward, where, way):
    g = WAYS[way](f)
    assert np.isnan(g(X)).tolist() == [i == bad for i in range(3)]
    report = fl.debug.find_nan(g)(X)
    assert report.path.startswith("out") and report.path.endswith(f"[{bad}]")
    assert report.born.name == born
    # A jitted gradient need not compute the value: then only the line is known.
    assert (
        report.forward is None
        if forward is None
        else ((report.forward is None and way == "jit of grad") or report.forward.name == forward)
    )
    assert report.in_derivative == (forward is not None)
    assert where in str(report.mask)
    assert f.__name__ in str(report.born.source) and "test_nans" in str(report.born.source)
    assert "safe_where" in report.remedy
    assert str(report).count("\n") > 4


def test_remedy_helps():
    f = lambda x: fnp.sum(fl.safe_where(x > 0, fnp.sqrt, x))  # noqa: E731
    np.testing.assert_allclose(fl.grad(f)(X), [0.5, 0, 0.25])
    assert fl.debug.find_nan(fl.grad(f))(X) is None
    g = lambda x, y: fnp.sum(fl.safe_where(y != 0, fnp.divide, x, y, otherwise=7.0))  # noqa: E731
    gx, gy = fl.grad(g, (0, 1))(np.ones(2), np.array([0.0, 2.0]))
    np.testing.assert_allclose(gx, [0, 0.5])
    np.testing.assert_allclose(gy, [0, -0.25])


def test_path_of_a_pytree():
    def loss(p):
        return fnp.sum(fnp.sqrt(p["w"]) * fnp.where(p["w"] > 0, 1.0, 0.0)) + p["b"]

    report = fl.debug.find_nan(fl.grad(loss))({"w": np.array([[1.0, 2.0], [0.0, 3.0]]), "b": 1.0})
    assert report.path == "out['w'][1][0]"


def test_forward_birth_in_a_loop():
    def loop(x):
        def body(c, t):
            c = c * fnp.log(t)
            return c, c

        return fnp.sum(scan(body, x, np.array([1.0, -2.0, 3.0]))[1])

    for g in (loop, fl.grad(loop), fl.jit(loop)):
        report = fl.debug.find_nan(g)(2.0)
        assert (report.born.name, report.operands, report.forward) == ("log", [-2.0], None)
        assert "c * fnp.log(t)" in str(report.born.source)
        assert "below 0" in report.remedy


def test_backward_birth_in_a_loop():
    def f(x):
        step = lambda i, c: c + fnp.where(c > 100, fnp.sqrt(c - c), c)  # noqa: E731
        return fori_loop(0, 3, step, x)

    report = fl.debug.find_nan(fl.grad(f))(1.0)
    assert report.forward.name == "sqrt"


def test_overflow():
    def softmax(x):
        e = fnp.exp(x)
        return e / fnp.sum(e)

    report = fl.debug.find_nan(softmax)(np.array([1000.0, 1.0]))
    assert report.born.name == "div" and report.operands == [np.inf, np.inf]
    assert report.infinite.name in ("exp", "reduce_sum") and "overflow" in report.remedy


def test_from_outside():
    report = fl.debug.find_nan(lambda x: fnp.sin(x) + 1)(np.array([0.0, np.nan]))
    assert report.born is None and "argument" in str(report)


def test_context():
    with pytest.raises(NaNError, match="derivative of sqrt") as e, fl.debug.debug_nans():
        fl.grad(masked_sqrt)(X)
    assert e.value.report.forward.name == "sqrt"
    with fl.debug.debug_nans():
        # A masked NaN is none, and neither is one that a where discards.
        fl.jit(masked_log)(-X)
        fl.grad(masked_sqrt)(X[[0, 2]])
    with fl.debug.debug_nans(False):
        fl.grad(masked_sqrt)(X)
    assert np.isnan(fl.grad(masked_sqrt)(X)[1])


def test_watching_changes_nothing():
    """Values under find_nan are those without, for jit, loops and custom rules."""

    def f(x):
        y = fl.jit(lambda v: fnp.tanh(v) * 2)(x)
        return fori_loop(0, 3, lambda i, c: c * 0.5 + fnp.sum(y), 1.0)

    seen = []
    fl.debug.find_nan(lambda x: seen.append(fl.grad(f)(x)) or seen[0])(X)
    np.testing.assert_array_equal(seen[0], fl.grad(f)(X))


def test_backward_equations_know_their_line():
    """Two uses of one primitive have each its own line in the backward pass."""

    def f(x):
        y = fnp.sqrt(x) + 1
        z = fnp.sqrt(y)
        return fnp.sum(z)

    eqns = fl.make_jaxpr(fl.grad(f))(X).eqns
    lines = [e.source.line for e in eqns if e.primitive.name == "mul"]
    first = f.__code__.co_firstlineno
    assert lines == [first + 2, first + 1]
    assert all(e.source.backward for e in eqns if e.primitive.name == "mul")
    assert not any(e.source.backward for e in eqns if e.primitive.name == "sqrt")


def test_tensors():
    """A NaN in the .grad of a Tensor is explained as well."""

    def step(t):
        y = fl.where(t > 0, t.sqrt(), 0.0).sum()
        y.backward()
        return t.grad

    report = fl.debug.find_nan(step)(fl.tensor([4.0, 0.0], requires_grad=True))
    assert report.path == "out[1]" and report.forward.name == "sqrt"
    assert "fl.where(t > 0" in str(report.mask)
    with pytest.raises(NaNError, match="sqrt"), fl.debug.debug_nans():
        step(fl.tensor([4.0, 0.0], requires_grad=True))
    model = fl.nn.Linear(2, 1)
    with fl.debug.debug_nans():
        model(fl.ones(3, 2)).sum().backward()
    np.testing.assert_allclose(model.weight.grad.numpy(), [[3.0, 3.0]])


CULPRITS = {
    "log": (masked_log, X, "log(safe)"),
    "sqrt": (masked_sqrt, X, "sqrt(safe)"),
    "div": (masked_division, X, "numerator / safe"),
    "norm": (lambda x: fnp.sqrt(fnp.sum(x**2)), np.zeros(3), "np.linalg.norm"),
}


@pytest.mark.parametrize("way", ["grad", "jit of grad", "vmap"])
@pytest.mark.parametrize("name", CULPRITS)
def test_the_culprit_is_named_in_every_way(name, way):
    f, x, advice = CULPRITS[name]
    report = fl.debug.find_nan(WAYS[way](f))(x)
    function = {"norm": "sqrt"}.get(name, name)
    assert f"the slope of {function} is infinite or undefined" in report.remedy
    assert advice in report.remedy


def test_an_infinite_slope_of_a_scalar_that_meets_a_zero():
    report = fl.debug.find_nan(fl.grad(lambda x: fnp.sqrt(fnp.sum(x**2))))(np.zeros(3))
    assert report.forward.name == "integer_pow" and report.steep.name == "sqrt"
    assert "infinite operand came from div, in the derivative of sqrt" in str(report)
    report = fl.debug.find_nan(fl.hessian(lambda x: fnp.sqrt(x) ** 3))(0.0)
    assert "the slope of sqrt" in report.remedy


def test_steps_on_one_line_are_told_once():
    g = lambda x: fnp.exp(fnp.sum(fnp.log(x) * 2.0 + 1.0))  # noqa: E731
    report = fl.debug.find_nan(g)(np.array([-1.0, 1.0, -2.0]))
    text = str(report)
    assert "(and 1 other element)" not in text and text.count("test_nans.py") == 2
    assert "mul, add, reduce_sum, exp at" in text
    two = fl.debug.find_nan(fnp.log)(np.array([-1.0, 1.0, -2.0]))
    assert "(and 1 other element)" in str(two)
