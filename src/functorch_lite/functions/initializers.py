"""First values of parameters, as in `jax.nn.initializers`: functions of (key, shape, dtype).

With the same key they give JAX's numbers (to rounding). Shapes are those of JAX's layers: the
input axis is the last but one, the output axis the last.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import numpy as fnp
from .. import random
from ..errors import ShapeError
from ..ir import canonical_dtype, current_source, summarize
from ..random._common import sampler

__all__ = [
    "constant",
    "delta_orthogonal",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "normal",
    "ones",
    "orthogonal",
    "truncated_normal",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]

Initializer = Callable[..., Any]
Axes = int | Sequence[int]
# Standard deviation of a standard normal number cut at two, and of a complex one.
_CUT_STDDEV, _CUT_STDDEV_COMPLEX = 0.87962566103423978, 0.95311164380491208


def _dtype(dtype: Any) -> np.dtype[Any]:
    return canonical_dtype(float if dtype is None else dtype)


def _fail(message: str) -> ShapeError:
    return ShapeError(f"{message} {summarize(current_source())}")


def zeros(key: Any, shape: Sequence[int], dtype: Any = None) -> Any:
    """Return zeros.

    Examples
    --------
    >>> zeros(None, (2,))
    array([0., 0.])
    """
    return np.zeros(tuple(shape), _dtype(dtype))


def ones(key: Any, shape: Sequence[int], dtype: Any = None) -> Any:
    """Return ones.

    Examples
    --------
    >>> ones(None, (2,))
    array([1., 1.])
    """
    return np.ones(tuple(shape), _dtype(dtype))


def constant(value: Any, dtype: Any = None) -> Initializer:
    """Return an initializer that repeats a value.

    Examples
    --------
    >>> constant(3.0)(None, (2,))
    array([3., 3.])
    """

    def init(key: Any, shape: Sequence[int], dtype: Any = dtype) -> Any:
        return fnp.full(tuple(shape), value, dtype=_dtype(dtype))

    return init


def uniform(scale: Any = 1e-2, dtype: Any = None) -> Initializer:
    """Return an initializer that draws from [0, scale).

    Examples
    --------
    >>> from functorch_lite import random
    >>> bool(uniform(0.5)(random.key(0), (9,)).max() < 0.5)
    True
    """

    def init(key: Any, shape: Sequence[int], dtype: Any = dtype) -> Any:
        return random.uniform(key, shape, _dtype(dtype)) * _dtype(dtype).type(scale)

    return init


def normal(stddev: Any = 1e-2, dtype: Any = None) -> Initializer:
    """Return an initializer that draws normal numbers.

    Examples
    --------
    >>> from functorch_lite import random
    >>> normal(0.1)(random.key(0), (2, 3)).shape
    (2, 3)
    """

    def init(key: Any, shape: Sequence[int], dtype: Any = dtype) -> Any:
        return random.normal(key, shape, _dtype(dtype)) * _dtype(dtype).type(stddev)

    return init


def truncated_normal(
    stddev: Any = 1e-2, dtype: Any = None, lower: Any = -2.0, upper: Any = 2.0
) -> Initializer:
    """Return an initializer that draws normal numbers between two bounds, times `stddev`.

    Examples
    --------
    >>> from functorch_lite import random
    >>> bool(abs(truncated_normal(1.0)(random.key(0), (99,))).max() < 2)
    True
    """

    def init(key: Any, shape: Sequence[int], dtype: Any = dtype) -> Any:
        x = random.truncated_normal(key, lower, upper, shape, _dtype(dtype))
        return x * _dtype(dtype).type(stddev)

    return init


def _size(shape: Sequence[int], axes: Axes) -> int:
    return shape[axes] if isinstance(axes, int) else math.prod(shape[i] for i in axes)


def _fans(
    shape: Sequence[int], in_axis: Axes, out_axis: Axes, batch_axis: Axes
) -> tuple[float, float]:
    """Return how many inputs feed an output, and how many outputs an input feeds."""
    if len(shape) <= 1 and in_axis == -2:
        raise _fail(
            f"an initializer that scales by the fan needs at least two axes, got shape "
            f"{tuple(shape)}; name the axes with in_axis and out_axis"
        )
    n_in, n_out = _size(shape, in_axis), _size(shape, out_axis)
    field = math.prod(shape) / n_in / n_out / _size(shape, batch_axis)
    return n_in * field, n_out * field


def _complex_disc(key: Any, shape: tuple[int, ...], dtype: np.dtype[Any], cut: float | None) -> Any:
    """Draw from a disc: uniformly, or a complex normal number cut at `cut`."""
    real = np.dtype(f"f{dtype.itemsize // 2}")
    keys = random.split(key)
    u, turn = random.uniform(keys[0], shape, real), random.uniform(keys[1], shape, real)
    if cut is None:
        radius = fnp.sqrt(2 * u)
    else:
        radius = fnp.sqrt(-fnp.log(1 - real.type(1 - np.exp(-(cut**2))) * u))
    return radius * fnp.exp(dtype.type(2j * np.pi) * turn)


def variance_scaling(
    scale: Any,
    mode: str,
    distribution: str,
    in_axis: Axes = -2,
    out_axis: Axes = -1,
    batch_axis: Axes = (),
    dtype: Any = None,
) -> Initializer:
    """Return an initializer whose variance is ``scale / fan``.

    Parameters
    ----------
    scale : float
    mode : {"fan_in", "fan_out", "fan_avg", "fan_geo_avg"}
        The fan: inputs of an output, outputs of an input, their mean, their geometric mean.
    distribution : {"truncated_normal", "normal", "uniform"}
    in_axis, out_axis, batch_axis : int or tuple of int
        Axes of inputs, of outputs, and axes to ignore; all others are the receptive field.
    dtype : dtype
        Default of the initializer's argument.

    Examples
    --------
    >>> from functorch_lite import random
    >>> w = variance_scaling(2.0, "fan_in", "normal")(random.key(0), (50, 400))
    >>> 0.19 < float(w.std()) < 0.21
    True
    """
    if distribution not in ("truncated_normal", "normal", "uniform"):
        raise ValueError(
            f"distribution is truncated_normal, normal or uniform, got {distribution!r}"
        )
    if mode not in ("fan_in", "fan_out", "fan_avg", "fan_geo_avg"):
        raise ValueError(f"mode is fan_in, fan_out, fan_avg or fan_geo_avg, got {mode!r}")

    @sampler
    def init(key: Any, shape: Sequence[int], dtype: Any = dtype) -> Any:
        shape, d = tuple(shape), _dtype(dtype)
        fan_in, fan_out = _fans(shape, in_axis, out_axis, batch_axis)
        fan = {
            "fan_in": fan_in,
            "fan_out": fan_out,
            "fan_avg": (fan_in + fan_out) / 2,
            "fan_geo_avg": math.sqrt(fan_in * fan_out),
        }[mode]
        variance = d.type(scale / fan)
        if distribution == "normal":
            return random.normal(key, shape, d) * np.sqrt(variance)
        if distribution == "uniform":
            if d.kind == "c":
                return _complex_disc(key, shape, d, None) * np.sqrt(variance)
            return random.uniform(key, shape, d, -1.0, 1.0) * np.sqrt(d.type(3) * variance)
        if d.kind == "c":
            x = _complex_disc(key, shape, d, 2.0)
            return x * (np.sqrt(variance) / d.type(_CUT_STDDEV_COMPLEX))
        x = random.truncated_normal(key, -2, 2, shape, d)
        return x * (np.sqrt(variance) / d.type(_CUT_STDDEV))

    return init


def _scaled(name: str, scale: float, mode: str, distribution: str, source: str) -> Any:
    """Return the function that makes a named case of variance_scaling."""

    def make(
        in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: Any = None
    ) -> Initializer:
        return variance_scaling(scale, mode, distribution, in_axis, out_axis, batch_axis, dtype)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = (
        f"""Return ``variance_scaling({scale}, "{mode}", "{distribution}")``.\n\n    {source}"""
    )
    return make


_GLOROT = "Glorot & Bengio (2010), Understanding the difficulty of training deep networks."
_LECUN = "LeCun, Bottou, Orr & Mueller (1998), Efficient backprop."
_HE = "He, Zhang, Ren & Sun (2015), Delving deep into rectifiers."
glorot_uniform = _scaled("glorot_uniform", 1.0, "fan_avg", "uniform", _GLOROT)
glorot_normal = _scaled("glorot_normal", 1.0, "fan_avg", "truncated_normal", _GLOROT)
lecun_uniform = _scaled("lecun_uniform", 1.0, "fan_in", "uniform", _LECUN)
lecun_normal = _scaled("lecun_normal", 1.0, "fan_in", "truncated_normal", _LECUN)
he_uniform = _scaled("he_uniform", 2.0, "fan_in", "uniform", _HE)
he_normal = _scaled("he_normal", 2.0, "fan_in", "truncated_normal", _HE)
xavier_uniform, xavier_normal = glorot_uniform, glorot_normal
kaiming_uniform, kaiming_normal = he_uniform, he_normal


def orthogonal(scale: Any = 1.0, column_axis: int = -1, dtype: Any = None) -> Initializer:
    """Return an initializer of matrices with orthonormal rows or columns, times `scale`.

    Parameters
    ----------
    scale : float
    column_axis : int
        The axis of the columns; all others together are the rows.
    dtype : dtype

    Notes
    -----
    Saxe, McClelland & Ganguli (2014), "Exact solutions to the nonlinear dynamics of learning in
    deep linear networks".

    Examples
    --------
    >>> import numpy as np
    >>> from functorch_lite import random
    >>> q = orthogonal()(random.key(0), (2, 3))
    >>> bool(np.allclose(q @ q.T, np.eye(2)))
    True
    """

    def init(key: Any, shape: Sequence[int], dtype: Any = dtype) -> Any:
        shape, d = tuple(shape), _dtype(dtype)
        if len(shape) < 2:
            raise _fail(f"orthogonal needs at least two axes, got shape {shape}")
        if 0 in shape:
            return np.zeros(shape, d)
        columns = shape[column_axis]
        q = random.orthogonal(key, math.prod(shape) // columns, (), d, columns)
        rest = list(shape)
        del rest[column_axis]
        q = fnp.moveaxis(fnp.reshape(q, (*rest, columns)), -1, column_axis)
        return q * d.type(scale)

    return init


def delta_orthogonal(scale: Any = 1.0, column_axis: int = -1, dtype: Any = None) -> Initializer:
    """Return an initializer of convolutions that are orthogonal at the centre and zero elsewhere.

    Shapes are (spatial..., inputs, outputs) with one to three spatial axes and at least as many
    outputs as inputs.

    Notes
    -----
    Xiao et al. (2018), "Dynamical isometry and a mean field theory of CNNs".

    Examples
    --------
    >>> import numpy as np
    >>> from functorch_lite import random
    >>> w = delta_orthogonal()(random.key(0), (3, 2, 4))
    >>> bool(np.allclose(w[1] @ w[1].T, np.eye(2))), float(abs(w[0]).max())
    (True, 0.0)
    """
    matrix = orthogonal(scale, column_axis, dtype)

    def init(key: Any, shape: Sequence[int], dtype: Any = dtype) -> Any:
        shape = tuple(shape)
        if not 3 <= len(shape) <= 5:
            raise _fail(f"delta_orthogonal needs one to three spatial axes, got shape {shape}")
        if shape[-1] < shape[-2]:
            raise _fail(f"delta_orthogonal needs as many outputs as inputs, got shape {shape}")
        pad = [((k - 1) // 2, k - 1 - (k - 1) // 2) for k in shape[:-2]]
        centre = fnp.reshape(matrix(key, shape[-2:], dtype), (1,) * len(pad) + shape[-2:])
        return fnp.pad(centre, [*pad, (0, 0), (0, 0)])

    return init
