"""OpSpecs of shape, reduction, indexing, sorting, window, product and convolution primitives."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import numpy as fnp
from ...prims import window as _window
from ...prims.conv import conv_general_dilated
from ...prims.indexing import dynamic_slice, dynamic_update_slice
from ..choices import Choices
from ..program import prim
from .base import (
    ANY,
    ANYTHING,
    BIT_TYPES,
    BITS,
    NONZERO,
    NUMBERS,
    REAL_ANYTHING,
    Operand,
    OpSpec,
    Sample,
    Sampler,
    Shape,
)

__all__ = ["SPECS"]


def at_least(s: Shape, rank: int) -> Shape:
    """Add axes of length 2 in front until there are `rank`."""
    return (2,) * (rank - len(s)) + s


def _one(fn: Callable[..., Any], operand: Shape, /, **params: Any) -> Sample:
    return Sample(lambda x: fn(x, **params), [Operand(operand)])


def _broadcast(c: Choices, s: Shape) -> Sample:
    at = c.integer(0, len(s))
    shape = (*s[:at], 2, *s[at:])
    dims = tuple(i for i in range(len(shape)) if i != at)
    return _one(prim.broadcast_in_dim, s, shape=shape, broadcast_dimensions=dims)


def _reshape(c: Choices, s: Shape) -> Sample:
    size = int(np.prod(s))
    return _one(prim.reshape, s, new_sizes=c.pick([(size,), (1, size), (size, 1), s[::-1]]))


def _transpose(c: Choices, s: Shape) -> Sample:
    s = at_least(s, 2)
    order = list(range(len(s)))
    i, j = c.integer(0, len(s) - 1), c.integer(0, len(s) - 1)
    order[i], order[j] = order[j], order[i]
    if i == j:
        order = order[::-1]
    return _one(prim.transpose, s, permutation=tuple(order))


def _slice(c: Choices, s: Shape) -> Sample:
    s = at_least(s, 1)
    axis = c.integer(0, len(s) - 1)
    key: list[Any] = [slice(None)] * len(s)
    key[axis] = c.pick([slice(0, s[axis], 2), slice(1, None), slice(0, max(1, s[axis] - 1))])
    s = (*s[:axis], max(2, s[axis]), *s[axis + 1 :])
    return Sample(lambda x: x[tuple(key)], [Operand(s)])


def _pad(c: Choices, s: Shape) -> Sample:
    s = at_least(s, 1)
    low, high, gap = c.integer(-1, 2), c.integer(0, 1), c.integer(0, 1)
    s = (max(2, s[0]), *s[1:])
    config = ((low, high, gap), *((0, 0, 0) for _ in s[1:]))
    return Sample(lambda x, v: prim.pad(x, v, padding_config=config), [Operand(s), Operand(())])


def _concatenate(c: Choices, s: Shape) -> Sample:
    s = at_least(s, 1)
    axis = c.integer(0, len(s) - 1)
    other = (*s[:axis], s[axis] + 1, *s[axis + 1 :])
    operands = [Operand(s), Operand(other)]
    return Sample(lambda x, y: prim.concatenate(x, y, dimension=axis), operands)


def _reduce(name: str, domain: Any = ANY) -> Sampler:
    def sample(c: Choices, s: Shape) -> Sample:
        s = at_least(s, 1)
        # One axis more often than all of them: the result of all has no axis to go wrong.
        axes = (c.integer(0, len(s) - 1),) if c.integer(0, 3) else tuple(range(len(s)))
        fn = getattr(prim, name)
        return Sample(lambda x: fn(x, axes=axes), [Operand(s, domain)])

    return sample


def _arg(name: str) -> Sampler:
    def sample(c: Choices, s: Shape) -> Sample:
        s = at_least(s, 1)
        axis = c.integer(0, len(s) - 1)
        fn = getattr(prim, name)
        return _one(fn, s, axis=axis, index_dtype=np.dtype("int64"))

    return sample


def _cumulative(name: str, domain: Any = ANY) -> Sampler:
    def sample(c: Choices, s: Shape) -> Sample:
        s = at_least(s, 1)
        fn, axis, reverse = getattr(prim, name), c.integer(0, len(s) - 1), c.coin()
        return Sample(lambda x: fn(x, axis=axis, reverse=reverse), [Operand(s, domain)])

    return sample


def _dot(c: Choices, s: Shape) -> Sample:
    n = s[-1] if s else 2
    k = c.integer(1, 3)
    which = c.integer(0, 4)
    shapes: list[tuple[Shape, Shape, Any]] = [
        ((n,), (n,), (((0,), (0,)), ((), ()))),
        ((k, n), (n,), (((1,), (0,)), ((), ()))),
        ((k, n), (n, 2), (((1,), (0,)), ((), ()))),
        ((2, k, n), (2, n, 3), (((2,), (1,)), ((0,), (0,)))),
        ((k,), (n,), (((), ()), ((), ()))),
    ]
    a, b, numbers = shapes[which]
    return Sample(
        lambda x, y: prim.dot_general(x, y, dimension_numbers=numbers), [Operand(a), Operand(b)]
    )


def _conv(c: Choices, s: Shape) -> Sample:
    groups = c.integer(1, 2)
    stride, dilation = c.integer(1, 2), c.integer(1, 2)
    pad = c.integer(0, 2)
    lhs = c.integer(1, 2)

    def fn(x: Any, w: Any) -> Any:
        return conv_general_dilated(
            x, w, (stride, 1), ((pad, 1), (0, pad)), (lhs, 1), (1, dilation), groups
        )

    return Sample(fn, [Operand((2, 2, 4, 4)), Operand((2, 2 // groups, 2, 2))])


def _gather(c: Choices, s: Shape) -> Sample:
    s = at_least(s, 1)
    n = s[0]
    index = c.generator().integers(-n, n, (c.integer(1, 3),))
    ways: list[Callable[[Any], Any]] = [
        lambda x: x[index],
        lambda x: fnp.take(x, index, axis=len(s) - 1, mode="clip"),
        lambda x: fnp.take_along_axis(x, fnp.argsort(x, axis=-1), axis=-1),
    ]
    return Sample(c.pick(ways), [Operand(s)])


def _dynamic_slice(c: Choices, s: Shape) -> Sample:
    s = at_least(s, 1)
    size = (max(1, s[0] - 1), *s[1:])
    start = c.integer(-1, 3)

    def fn(x: Any) -> Any:
        first = fnp.argmax(fnp.sum(fnp.abs(x), axis=tuple(range(1, len(s)))))
        return dynamic_slice(x, [first + start, *([0] * (len(s) - 1))], size)

    return Sample(fn, [Operand(s)])


def _dynamic_update(c: Choices, s: Shape) -> Sample:
    s = at_least(s, 1)
    size = (max(1, s[0] - 1), *s[1:])

    def fn(x: Any, u: Any) -> Any:
        first = fnp.argmax(fnp.sum(fnp.abs(x), axis=tuple(range(1, len(s)))))
        return dynamic_update_slice(x, u, [first, *([0] * (len(s) - 1))])

    return Sample(fn, [Operand(s), Operand(size)])


def _scatter(method: str, domain: Any = ANY) -> Sampler:
    def sample(c: Choices, s: Shape) -> Sample:
        s = at_least(s, 1)
        index = c.generator().integers(0, s[0], (c.integer(1, 3),))

        def fn(x: Any, u: Any) -> Any:
            return getattr(fnp.at(x)[index], method)(u)

        return Sample(fn, [Operand(s, domain), Operand((len(index), *s[1:]), domain)])

    return sample


def _sort(c: Choices, s: Shape) -> Sample:
    s = at_least(s, 1)
    axis = c.integer(0, len(s) - 1)
    if c.coin():
        return Sample(
            lambda x, y: prim.sort(x, y, dimension=axis, num_keys=1, is_stable=True),
            [Operand(s), Operand(s)],
        )
    return _one(prim.sort, s, dimension=axis, num_keys=1, is_stable=True)


def _window_params(c: Choices) -> dict[str, Any]:
    return {
        "window_dimensions": (1, c.integer(1, 3)),
        "window_strides": (1, c.integer(1, 2)),
        "padding": ((0, 0), (c.integer(0, 1), 1)),
        "base_dilation": (1, c.integer(1, 2)),
        "window_dilation": (1, c.integer(1, 2)),
    }


def _reduce_window(name: str) -> Sampler:
    def sample(c: Choices, s: Shape) -> Sample:
        params = _window_params(c) | {"window_dimensions": (1, 2)}
        if name != "reduce_window_sum":
            # With gaps some windows hold only padding, whose extremum is infinite.
            params |= {
                "base_dilation": (1, 1),
                "padding": ((0, 0), (0, 1)),
                "window_dilation": (1, 1),
            }
        return _one(getattr(prim, name), (2, 5), **params)

    return sample


_POOL = {
    "window_dimensions": (2,),
    "window_strides": (2,),
    "padding": ((0, 0),),
    "base_dilation": (1,),
    "window_dilation": (1,),
}


def _positions(x: Any) -> Any:
    return _window.window_index(x, prim.reduce_window_max(x, **_POOL), batch_dims=0, **_POOL)


def _window_take(c: Choices, s: Shape) -> Sample:
    return Sample(
        lambda x, y: _window.window_take(x, _positions(y), 0),
        [Operand((6,)), Operand((6,), ANY, "real")],
    )


def _window_put(c: Choices, s: Shape) -> Sample:
    def fn(ct: Any, y: Any) -> Any:
        return _window.window_put_add(ct, _positions(y), 0, (6,))

    return Sample(fn, [Operand((3,)), Operand((6,), ANY, "real")])


def _batch_norm(c: Choices, s: Shape) -> Sample:
    def fn(x: Any, w: Any, b: Any) -> Any:
        return prim.batch_norm_train(x, w, b, epsilon=1e-3)

    return Sample(fn, [Operand((3, 2, 2)), Operand((2,)), Operand((2,))])


def _batch_norm_linear(name: str) -> Sampler:
    def sample(c: Choices, s: Shape) -> Sample:
        rng = c.generator()
        x, w = rng.standard_normal((3, 2, 2)), rng.uniform(0.5, 1.0, 2)
        mean, rstd = x.mean((0, 2)), 1 / x.std((0, 2))

        def fn(t: Any, u: Any, v: Any) -> Any:
            rest = [np.asarray(a, t.dtype) for a in (x, w, mean, rstd)]
            return getattr(prim, name)(t, u, v, *rest)

        return Sample(fn, [Operand((3, 2, 2)), Operand((2,)), Operand((2,))])

    return sample


def _searchsorted(c: Choices, s: Shape) -> Sample:
    def fn(a: Any, v: Any) -> Any:
        return fnp.searchsorted(fnp.sort(a), v)

    return Sample(fn, [Operand((4,)), Operand(at_least(s, 1))])


def _fft(c: Choices, s: Shape) -> Sample:
    n = c.integer(2, 4)
    kind = c.integer(0, 3)

    def fn(x: Any) -> Any:
        if kind == 3:
            return fnp.fft.irfft(x * (1 + 0.5j), n)
        transform = (fnp.fft.fft, fnp.fft.rfft, fnp.fft.ifft)[kind]
        y = transform(x)
        return y.real + 2 * y.imag

    return Sample(fn, [Operand((2, n))])


def _iota(c: Choices, s: Shape) -> Sample:
    s = at_least(s, 1)

    def fn(x: Any) -> Any:
        return x * prim.iota(dtype=x.dtype, shape=s, dimension=len(s) - 1)

    return Sample(fn, [Operand(s)])


_INT_SCATTER = {
    "scatter": "set",
    "scatter_add": "add",
    "scatter_mul": "multiply",
    "scatter_min": "min",
    "scatter_max": "max",
}

_OF_REALS = dict.fromkeys(
    ("complex128", "complex64", "int64", "uint8"),
    "it is applied by batch_norm_train alone, which takes real floats",
)

SPECS: list[OpSpec] = [
    OpSpec("broadcast_in_dim", _broadcast, ANYTHING),
    OpSpec("reshape", _reshape, ANYTHING),
    OpSpec("transpose", _transpose, ANYTHING),
    OpSpec("slice", _slice, ANYTHING),
    OpSpec("pad", _pad, ANYTHING),
    OpSpec("rev", lambda c, s: _one(prim.rev, at_least(s, 1), dimensions=(0,)), ANYTHING),
    OpSpec("concatenate", _concatenate, ANYTHING),
    OpSpec("iota", _iota),
    OpSpec("reduce_sum", _reduce("reduce_sum"), NUMBERS),
    OpSpec("reduce_prod", _reduce("reduce_prod"), NUMBERS),
    OpSpec("reduce_max", _reduce("reduce_max"), REAL_ANYTHING),
    OpSpec("reduce_min", _reduce("reduce_min"), REAL_ANYTHING),
    *(
        OpSpec(n, _reduce(n, BITS), BIT_TYPES, order=0, in_programs=False)
        for n in ("reduce_and", "reduce_or", "reduce_xor")
    ),
    OpSpec("argmax", _arg("argmax"), ANYTHING, order=0),
    OpSpec("argmin", _arg("argmin"), ANYTHING, order=0),
    OpSpec("cumsum", _cumulative("cumsum"), NUMBERS),
    OpSpec("cumprod", _cumulative("cumprod"), NUMBERS),
    OpSpec("cummax", _cumulative("cummax"), REAL_ANYTHING),
    OpSpec("cummin", _cumulative("cummin"), REAL_ANYTHING),
    OpSpec("cumlogsumexp", _cumulative("cumlogsumexp")),
    OpSpec("dot_general", _dot, ANYTHING),
    OpSpec("conv_general_dilated", _conv, ANYTHING),
    OpSpec("gather", _gather, ANYTHING),
    OpSpec("dynamic_slice", _dynamic_slice, ANYTHING),
    OpSpec("dynamic_update_slice", _dynamic_update, ANYTHING),
    *(
        OpSpec(n, _scatter(m, NONZERO if m == "multiply" else ANY), ANYTHING)
        for n, m in _INT_SCATTER.items()
    ),
    OpSpec("sort", _sort, ANYTHING),
    OpSpec(
        "top_k",
        lambda c, s: _one(prim.top_k, (*s[:-1], max(2, s[-1] if s else 2)), k=2),
        REAL_ANYTHING,
    ),
    OpSpec("searchsorted", _searchsorted, ANYTHING, order=0),
    OpSpec("reduce_window_sum", _reduce_window("reduce_window_sum"), NUMBERS),
    OpSpec("reduce_window_max", _reduce_window("reduce_window_max"), REAL_ANYTHING),
    OpSpec("reduce_window_min", _reduce_window("reduce_window_min"), REAL_ANYTHING),
    OpSpec(
        "window_index", lambda c, s: Sample(_positions, [Operand((6,))]), REAL_ANYTHING, order=0
    ),
    OpSpec("window_take", _window_take, ANYTHING, in_programs=False),
    OpSpec("window_put_add", _window_put, ANYTHING, in_programs=False),
    OpSpec("batch_norm_train", _batch_norm, tolerance=1e-5),
    OpSpec(
        "batch_norm_tangent",
        _batch_norm_linear("batch_norm_tangent"),
        untested=_OF_REALS,
        in_programs=False,
    ),
    OpSpec(
        "batch_norm_cotangent",
        _batch_norm_linear("batch_norm_cotangent"),
        untested=_OF_REALS,
        in_programs=False,
    ),
    OpSpec("fft", _fft, ("float64", "float32")),
]
