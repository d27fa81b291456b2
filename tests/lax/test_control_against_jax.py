"""Control flow, row by row beside JAX: the same program, its module exchanged.

In a row, `m` is the package, `n` its numpy and `l` its lax.
"""

import numpy as np
import pytest

import functorch_lite as fl

x = np.arange(1.0, 6.0)
A = np.array([[3.0, 1.0], [0.5, 2.0]])

AGREE = {
    "scan reverse": lambda m, n, l: l.scan(lambda c, a: (c * 0.5 + a, c * a), 0.0, x, reverse=True),
    "scan unroll": lambda m, n, l: l.scan(lambda c, a: (c * 0.5 + a, c * a), 0.0, x, unroll=3),
    "scan unroll True": lambda m, n, l: l.scan(
        lambda c, a: (c * 0.5 + a, c * a), 0.0, x, unroll=True
    ),
    "scan unroll > n": lambda m, n, l: l.scan(lambda c, a: (c * 0.5 + a, c * a), 0.0, x, unroll=10),
    "scan reverse unroll grad": lambda m, n, l: m.grad(
        lambda x: l.scan(lambda c, a: (n.sin(c) * 0.5 + a, c * a), 0.0, x, unroll=2, reverse=True)[
            1
        ].sum()
    )(x),
    "scan length": lambda m, n, l: l.scan(lambda c, _: (c * 2, None), 1.0, length=5),
    "scan length 0": lambda m, n, l: l.scan(lambda c, a: (c * 2, a), 1.0, x[:0]),
    "scan pytrees": lambda m, n, l: l.scan(
        lambda c, a: ({"s": c["s"] + a[0]}, (a[1]["k"], c)), {"s": 0.0}, (x, {"k": x[::-1]})
    ),
    "scan weak promote": lambda m, n, l: l.scan(lambda c, a: (c + a, c), 0, x),
    "scan xs empty dict": lambda m, n, l: l.scan(lambda c, a: (c + 1, c), 0.0, {}, length=3),
    "scan jacfwd": lambda m, n, l: m.jacfwd(
        lambda x: l.scan(lambda c, a: (n.sin(c) + a, c * a), 0.0, x)[1]
    )(x),
    "scan hessian": lambda m, n, l: m.hessian(
        lambda x: l.scan(lambda c, a: (n.sin(c) + a, c * a), 0.0, x)[1].sum()
    )(x),
    "scan vmap init": lambda m, n, l: m.vmap(
        lambda c: l.scan(lambda c, a: (n.sin(c) + a, c * a), c, x)
    )(x),
    "scan int carry grad": lambda m, n, l: m.grad(
        lambda x: l.scan(lambda c, a: ((c[0] + 1, c[1] * a + c[0]), None), (0, 1.0), x)[0][1]
    )(x),
    "scan bool carry": lambda m, n, l: l.scan(lambda c, a: (c & (a > 2), c), True, x),
    "scan complex": lambda m, n, l: m.grad(
        lambda x: n.abs(l.scan(lambda c, a: (c * 1j + a, None), 0j, x)[0])
    )(x),
    "scan key": lambda m, n, l: l.scan(
        lambda k, _: (m.random.split(k)[0], m.random.uniform(k)), m.random.PRNGKey(0), length=4
    )[1],
    "while": lambda m, n, l: l.while_loop(
        lambda s: s[0] < 10, lambda s: (s[0] + 1, s[1] * 1.1), (0, 1.0)
    ),
    "while vmap": lambda m, n, l: m.vmap(
        lambda x: l.while_loop(lambda s: s < 10, lambda s: s * s + 1, x)
    )(x),
    "while vmap pred batched by const": lambda m, n, l: m.vmap(
        lambda t: l.while_loop(lambda s: s[0] < t, lambda s: (s[0] + 1.0, s[1] + t), (0.0, 0.0))
    )(x),
    "while jvp": lambda m, n, l: m.jvp(
        lambda x: l.while_loop(lambda s: s[0] < 4, lambda s: (s[0] + 1, n.sin(s[1]) * x), (0, x))[
            1
        ],
        (0.3,),
        (1.0,),
    ),
    "while weak": lambda m, n, l: l.while_loop(lambda s: s < 4, lambda s: s + 1.0, 0),
    "fori": lambda m, n, l: l.fori_loop(2, 7, lambda i, c: c * 0.5 + i, 1.0),
    "fori empty": lambda m, n, l: l.fori_loop(7, 2, lambda i, c: c * 0.5 + i, 1.0),
    "fori rev static": lambda m, n, l: m.grad(
        lambda x: l.fori_loop(0, 5, lambda i, c: n.sin(c) * x, x)
    )(0.7),
    "fori under jit static np": lambda m, n, l: m.jit(
        m.grad(lambda x: l.fori_loop(0, x.shape[0], lambda i, c: n.sin(c) * x[i], 1.0))
    )(x),
    "fori unroll": lambda m, n, l: l.fori_loop(0, 7, lambda i, c: c * 0.5 + i, 1.0, unroll=3),
    "fori traced": lambda m, n, l: m.jit(
        lambda k: l.fori_loop(0, k, lambda i, c: c * 0.5 + i, 1.0)
    )(4),
    "fori vmap bounds": lambda m, n, l: m.vmap(
        lambda k: l.fori_loop(0, k, lambda i, c: c * 0.5 + i, 1.0)
    )(np.arange(4)),
    "cond": lambda m, n, l: l.cond(True, lambda a: a + 1, lambda a: a - 1, 2.0),
    "cond no operand": lambda m, n, l: l.cond(True, lambda: 1.0, lambda: 2.0),
    "cond kw operand": lambda m, n, l: l.cond(True, lambda a: a + 1, lambda a: a - 1, operand=2.0),
    "cond kw operand None": lambda m, n, l: l.cond(
        True, lambda _: 1.0, lambda _: 2.0, operand=None
    ),
    "cond 5 arg": lambda m, n, l: l.cond(True, 2.0, lambda a: a + 1, 3.0, lambda a: a - 1),
    "cond named": lambda m, n, l: l.cond(
        pred=True, true_fun=lambda a: a + 1, false_fun=lambda a: a - 1, operand=2.0
    ),
    "cond int pred": lambda m, n, l: l.cond(3, lambda a: a + 1, lambda a: a - 1, 2.0),
    "cond float pred": lambda m, n, l: l.cond(0.0, lambda a: a + 1, lambda a: a - 1, 2.0),
    "cond vmap nan safe": lambda m, n, l: m.vmap(
        m.grad(lambda a: l.cond(a > 0, lambda a: n.sqrt(a), lambda a: 0.0 * a, a))
    )(np.array([-1.0, 0.0, 4.0])),
    "cond vmap log": lambda m, n, l: m.vmap(
        m.grad(lambda a: l.cond(a > 0, lambda a: n.log(a), lambda a: a * 0, a))
    )(np.array([0.0, 1.0, 4.0])),
    "cond grad jit": lambda m, n, l: m.jit(
        m.grad(lambda a: l.cond(a > 0, lambda a: n.sqrt(a), lambda a: 0.0 * a, a))
    )(4.0),
    "cond jacfwd": lambda m, n, l: m.jacfwd(
        lambda a: l.cond(a[0] > 0, lambda a: a**2, lambda a: 0.0 * a, a)
    )(x),
    "cond closure grad": lambda m, n, l: m.grad(
        lambda a, b: l.cond(a > 0, lambda: a * b, lambda: b), (0, 1)
    )(4.0, 2.0),
    "cond None out": lambda m, n, l: l.cond(True, lambda: None, lambda: None),
    "switch": lambda m, n, l: [
        l.switch(i, [lambda a: a, lambda a: 2 * a, lambda a: a**2], 3.0) for i in (-5, 0, 1, 2, 9)
    ],
    "switch traced": lambda m, n, l: m.jit(
        lambda i: l.switch(i, [lambda a: a, lambda a: 2 * a, lambda a: a**2], 3.0)
    )(9),
    "switch vmap": lambda m, n, l: m.vmap(
        lambda i: l.switch(i, [lambda a: a, lambda a: 2 * a, lambda a: a**2], 3.0)
    )(np.arange(-1, 5)),
    "switch one": lambda m, n, l: l.switch(3, [lambda a: a], 3.0),
    "switch grad batched": lambda m, n, l: m.vmap(
        m.grad(lambda a, i: l.switch(i, [n.log, n.sqrt, n.sin], a)), (0, 0)
    )(np.array([0.0, 0.0, 0.0]), np.array([2, 2, 2])),
    "map": lambda m, n, l: l.map(lambda a: a**2, x),
    "map batch": lambda m, n, l: l.map(lambda a: {"k": a[0] ** 2 + a[1]}, (x, x), batch_size=2),
    "map batch big": lambda m, n, l: l.map(lambda a: a**2, x, batch_size=20),
    "map batch grad": lambda m, n, l: m.grad(lambda x: l.map(n.sin, x, batch_size=2).sum())(x),
    "map empty": lambda m, n, l: l.map(lambda a: a**2, x[:0]),
    "map empty batch": lambda m, n, l: l.map(lambda a: a**2, x[:0], batch_size=2),
    "assoc": lambda m, n, l: l.associative_scan(n.add, x),
    "assoc rev axis": lambda m, n, l: l.associative_scan(
        n.multiply, np.arange(1.0, 13).reshape(3, 4), reverse=True, axis=1
    ),
    "assoc axis -1": lambda m, n, l: l.associative_scan(
        n.maximum, np.arange(1.0, 13).reshape(3, 4), axis=-1
    ),
    "assoc pytree grad": lambda m, n, l: m.grad(
        lambda x: l.associative_scan(lambda a, b: (a[0] * b[0], b[0] * a[1] + b[1]), (x, x))[
            1
        ].sum()
    )(x),
    "assoc len1": lambda m, n, l: l.associative_scan(n.add, x[:1]),
    "assoc len0": lambda m, n, l: l.associative_scan(n.add, x[:0]),
    "custom_root": lambda m, n, l: m.value_and_grad(
        lambda c: l.custom_root(
            lambda y: y**3 - c,
            1.0,
            lambda f, y: l.fori_loop(0, 30, lambda i, y: y - f(y) / (3 * y * y), y),
            lambda g, b: b / g(1.0),
        )
    )(8.0),
    "custom_root aux": lambda m, n, l: l.custom_root(
        lambda y: y**3 - 8.0,
        1.0,
        lambda f, y: (l.fori_loop(0, 30, lambda i, y: y - f(y) / (3 * y * y), y), 3),
        lambda g, b: b / g(1.0),
        has_aux=True,
    ),
    "linear_solve": lambda m, n, l: m.jacrev(
        lambda A, b: l.custom_linear_solve(
            lambda v: A @ v,
            b,
            lambda mv, b: n.linalg.solve(A, b),
            lambda vm, b: n.linalg.solve(A.T, b),
        ),
        (0, 1),
    )(A, x[:2]),
    "linear_solve sym": lambda m, n, l: m.hessian(
        lambda b: l.custom_linear_solve(
            lambda v: 2 * v * b.sum(), b, lambda mv, b: b / (2 * b.sum()), symmetric=True
        ).sum()
    )(x[:2]),
    "linear_solve aux": lambda m, n, l: l.custom_linear_solve(
        lambda v: A @ v, x[:2], lambda mv, b: (n.linalg.solve(A, b), 7), has_aux=True
    ),
    "linear_solve vmap": lambda m, n, l: m.vmap(
        lambda b: l.custom_linear_solve(lambda v: A @ v, b, lambda mv, b: n.linalg.solve(A, b))
    )(np.stack([x[:2]] * 3)),
}

RAISE = {
    "scan length mismatch": lambda m, n, l: l.scan(lambda c, _: (c * 2, None), 1.0, x, length=4),
    "scan no length": lambda m, n, l: l.scan(lambda c, a: (c * 2, a), 1.0, None),
    "scan carry f32->f64": lambda m, n, l: l.scan(lambda c, a: (c + a, c), np.float32(0), x),
    "scan carry struct": lambda m, n, l: l.scan(lambda c, a: ((c, c), c), 0.0, x),
    "scan carry shape": lambda m, n, l: l.scan(lambda c, a: (n.stack([c, a]), c), 0.0, x),
    "scan body returns 1": lambda m, n, l: l.scan(lambda c, a: c, 0.0, x),
    "scan xs scalar": lambda m, n, l: l.scan(lambda c, a: (c, a), 0.0, 1.0),
    "scan xs differing": lambda m, n, l: l.scan(lambda c, a: (c, a), 0.0, (x, x[:2])),
    "while carry": lambda m, n, l: l.while_loop(lambda s: s < 4, lambda s: (s, s), 0.0),
    "while int->float array": lambda m, n, l: l.while_loop(
        lambda s: s < 4, lambda s: s + 1.5, np.int64(0)
    ),
    "while cond nonscalar": lambda m, n, l: l.while_loop(lambda s: s < 4, lambda s: s + 1, x),
    "while cond int": lambda m, n, l: l.while_loop(lambda s: 4 - s, lambda s: s + 1, 0),
    "while cond tuple": lambda m, n, l: l.while_loop(lambda s: (s < 4,), lambda s: s + 1, 0),
    "fori float bound": lambda m, n, l: l.fori_loop(0, 3.0, lambda i, c: c, 1.0),
    "cond vector pred": lambda m, n, l: l.cond(
        np.array([True, False]), lambda a: a + 1, lambda a: a - 1, 2.0
    ),
    "cond array size 1": lambda m, n, l: l.cond(
        np.array([True]), lambda a: a + 1, lambda a: a - 1, 2.0
    ),
    "cond struct mismatch": lambda m, n, l: m.jit(
        lambda p: l.cond(p, lambda a: (a, a), lambda a: a - 1, 2.0)
    )(True),
    "cond dtype mismatch strong": lambda m, n, l: m.jit(
        lambda p: l.cond(p, lambda a: a, lambda a: np.int32(1), 2.0)
    )(True),
    "cond shape mismatch": lambda m, n, l: m.jit(
        lambda p: l.cond(p, lambda a: a, lambda a: n.zeros(3), 2.0)
    )(True),
    "switch none": lambda m, n, l: l.switch(3, [], 3.0),
    "switch float index": lambda m, n, l: l.switch(1.0, [lambda a: a, lambda a: 2 * a], 3.0),
    "assoc mismatch": lambda m, n, l: l.associative_scan(n.add, (x, x[:2])),
    "linear_solve no transpose": lambda m, n, l: m.jacrev(
        lambda b: l.custom_linear_solve(lambda v: A @ v, b, lambda mv, b: n.linalg.solve(A, b))
    )(x[:2]),
}


def _run(m, row):
    """Run a row with one package; leaves as NumPy arrays."""
    return [np.asarray(leaf) for leaf in fl.tree.leaves(row(m, m.numpy, m.lax))]


@pytest.fixture
def jax():
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield jax
    jax.config.update("jax_enable_x64", before)


@pytest.mark.peer
@pytest.mark.parametrize("name", AGREE)
def test_same_values_and_dtypes(name, jax):
    ours, theirs = _run(fl, AGREE[name]), _run(jax, AGREE[name])
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
        assert a.dtype == b.dtype


@pytest.mark.peer
@pytest.mark.parametrize("name", RAISE)
def test_both_refuse(name, jax):
    with pytest.raises((TypeError, ValueError)):
        _run(jax, RAISE[name])
    with pytest.raises((TypeError, ValueError, fl.FunctorchLiteError)):
        _run(fl, RAISE[name])
