"""jit under and over every transform, with machine code and with the interpreter."""

import numpy as np
import pytest

import functorch_lite as fl
from functorch_lite import lax
from functorch_lite import numpy as fnp
from functorch_lite.compile import compile_mode
from functorch_lite.tree_util import tree_leaves

X = np.array([0.3, -0.7, 1.1])
V = np.array([1.0, 0.5, -2.0])


@fl.custom_vjp
def clipped(x):
    return fnp.sin(x)


clipped.defvjp(lambda x: (fnp.sin(x), x), lambda x, ct: (fnp.clip(ct * fnp.cos(x), -0.5, 0.5),))


@fl.custom_jvp
def scaled(x):
    return x * x


scaled.defjvp(lambda primals, tangents: (primals[0] ** 2, 3.0 * primals[0] * tangents[0]))


def vector(x):
    return fnp.sin(x) * x[::-1] + fnp.sum(x)


def scalar(x):
    return fnp.sum(fnp.tanh(x) * x)


def pull(f):
    def g(x):
        y, back = fl.vjp(f, x)
        return y, back(fnp.cos(y))

    return g


def linear(f):
    def g(x):
        y, push = fl.linearize(f, x)
        return y, push(V)

    return g


def scanned(f):
    return lambda x: lax.scan(lambda c, _: (f(c) * 0.5, c), x, None, 3)


def solved(f):
    return lambda x: lax.while_loop(lambda c: fnp.sum(c) < 20.0, lambda c: f(c) * 0 + c + 7.0, x)


# A transform, and the function that it takes.
TRANSFORMS = {
    "grad": (fl.grad, scalar),
    "value_and_grad": (fl.value_and_grad, scalar),
    "jvp": (lambda f: lambda x: fl.jvp(f, (x,), (V,)), vector),
    "vjp": (pull, vector),
    "linearize": (linear, vector),
    "linear_transpose": (
        lambda f: lambda x: fl.linear_transpose(f, X)(x),
        lambda x: x[::-1] * 2.0 + x,
    ),
    "jacfwd": (fl.jacfwd, vector),
    "jacrev": (fl.jacrev, vector),
    "hessian": (fl.hessian, scalar),
    "hvp": (lambda f: lambda x: fl.hvp(f, (x,), (V,)), scalar),
    "vmap": (lambda f: lambda x: fl.vmap(f)(fnp.stack([x, 2 * x])), vector),
    "vmap of grad": (lambda f: lambda x: fl.vmap(fl.grad(f))(fnp.stack([x, 2 * x])), scalar),
    "checkpoint": (lambda f: fl.grad(fl.checkpoint(f)), scalar),
    "closure_convert": (
        lambda f: lambda x: (lambda g, c: g(x, *c))(*fl.closure_convert(f, x)),
        vector,
    ),
    "custom_vjp": (lambda f: fl.grad(lambda x: f(clipped(x))), scalar),
    "custom_jvp": (lambda f: fl.grad(lambda x: f(scaled(x))), scalar),
    "custom rule inside": (fl.grad, lambda x: fnp.sum(clipped(scaled(x)))),
    "scan": (scanned, vector),
    "gradient of scan": (lambda f: fl.grad(lambda x: fnp.sum(scanned(f)(x)[1])), vector),
    "while": (solved, vector),
    "cond": (lambda f: lambda x: lax.cond(x[0] > 0, f, lambda x: x, x), vector),
    "map": (lambda f: lambda x: lax.map(f, fnp.stack([x, x + 1])), vector),
}


def same(got, want):
    got, want = tree_leaves(got), tree_leaves(want)
    for g, w in zip(got, want, strict=True):
        assert g.dtype == w.dtype
        np.testing.assert_allclose(g, w, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("mode", ["never", "auto", "always"])
@pytest.mark.parametrize("name", TRANSFORMS)
def test_under_over_and_both(name, mode):
    transform, f = TRANSFORMS[name]
    want = transform(f)(X)
    forms = [fl.jit(transform(f)), transform(fl.jit(f)), fl.jit(transform(fl.jit(f)))]
    forms.append(fl.jit(transform(fl.jit(f, inline=True))))
    with compile_mode(mode):
        for g in forms:
            for _ in range(3):
                same(g(X), want)
