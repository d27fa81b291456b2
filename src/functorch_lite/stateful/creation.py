"""Creating Tensors, under PyTorch's names. Python floats become float32, ints int64."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ir import Tracer, canonical_dtype, current_state
from .draws import drawn, wide_float
from .generator import Generator, numpy_generator
from .lazy import Borrowed
from .modes import is_inference_mode_enabled
from .promotion import get_default_dtype
from .tensor import FunctionalTensor, Tensor, leaf_node, make, wrap

__all__ = [
    "arange",
    "as_tensor",
    "bernoulli",
    "empty",
    "empty_like",
    "eye",
    "from_numpy",
    "full",
    "full_like",
    "linspace",
    "logspace",
    "multinomial",
    "normal",
    "ones",
    "ones_like",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "scalar_tensor",
    "tensor",
    "zeros",
    "zeros_like",
]


def _finish(value: np.ndarray[Any, Any], requires_grad: bool = False, device: Any = None) -> Tensor:
    """Make a Tensor, born at the present level."""
    check_device(device)
    t = make(value, None)
    t._level = current_state().level
    t._inference = is_inference_mode_enabled()
    if requires_grad:
        if value.dtype.kind not in "fc":
            raise RuntimeError(
                "Only Tensors of floating point and complex dtype can require gradients"
            )
        t._node = leaf_node(t)
    return t


def check_device(device: Any) -> None:
    """Raise for any device but the CPU."""
    if device is not None and str(device).split(":")[0] != "cpu":
        raise RuntimeError(
            f"device {str(device)!r} is not available: functorch_lite runs on the CPU"
        )


def _dtype(dtype: Any) -> np.dtype[Any]:
    return get_default_dtype() if dtype is None else canonical_dtype(dtype)


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Make a Tensor from numbers, sequences, arrays or Tensors; always a copy.

    Parameters
    ----------
    data : array_like
        Python floats become the default dtype (float32), ints int64; arrays keep their dtype.
    dtype : dtype, optional
        Convert to this.
    requires_grad : bool
        Record what is done with it.

    Raises
    ------
    RuntimeError
        If an integer or bool Tensor should require a gradient.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> fl.tensor([[1.0, 2.0], [3.0, 4.0]])
    tensor([[1., 2.],
            [3., 4.]])
    >>> fl.tensor(2.0, requires_grad=True)
    tensor(2., requires_grad=True)
    """
    if isinstance(data, FunctionalTensor) or (
        isinstance(data, Tracer) and not isinstance(data, Tensor)
    ):
        return wrap(data).detach() if dtype is None else wrap(data).detach().to(dtype)
    if isinstance(data, Tensor):
        value = np.array(data.value, dtype)
    elif _holds_tensor(data):
        return _stacked(data, dtype)
    else:
        value = _array(data, dtype)
    return _finish(value, requires_grad, device)


def _array(data: Any, dtype: Any) -> np.ndarray[Any, Any]:
    """Convert with PyTorch's dtypes for Python numbers."""
    value = np.array(data, dtype)
    if dtype is None and not isinstance(data, np.ndarray | np.generic):
        if value.dtype == np.float64 and not _holds_array(data):
            value = value.astype(get_default_dtype())
        elif value.dtype == np.complex128 and not _holds_array(data):
            value = value.astype(np.result_type(get_default_dtype(), np.complex64))
    if value.dtype == object:
        raise ValueError(
            "cannot make a Tensor of nested sequences of different lengths, or of objects that are "
            "no numbers"
        )
    canonical_dtype(value.dtype)
    return value


def _holds_array(data: Any) -> bool:
    if isinstance(data, list | tuple):
        return any(map(_holds_array, data))
    return isinstance(data, np.ndarray | np.generic)


def _holds_tensor(data: Any) -> bool:
    if isinstance(data, list | tuple):
        return any(map(_holds_tensor, data))
    return isinstance(data, Tracer)


def _stacked(data: Any, dtype: Any) -> Tensor:
    """Make a Tensor from a sequence that holds Tensors: their values, without their graphs."""
    from .joining import stack

    parts = [x if isinstance(x, Tensor) else tensor(x) for x in data]
    out = stack([p.detach() for p in parts])
    return out if dtype is None else out.to(dtype)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Return `data` as a Tensor, sharing memory where possible. See `torch.as_tensor`."""
    if isinstance(data, Tracer):
        t = wrap(data)
        return t if dtype is None else t.to(dtype)
    if isinstance(data, np.ndarray) and (dtype is None or data.dtype == np.dtype(dtype)):
        return from_numpy(data)
    return tensor(data, dtype=dtype, device=device)


def from_numpy(array: np.ndarray[Any, Any]) -> Tensor:
    """Return a Tensor over an array's memory, without copying.

    Later writes to the array show in the Tensor; writes to the Tensor do not show in the array
    (its value is replaced, see `views`).
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(array).__name__})")
    canonical_dtype(array.dtype)
    return _finish(np.asarray(array).view(Borrowed))


def scalar_tensor(value: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Return a 0-d Tensor. See `torch.scalar_tensor`."""
    return _finish(np.array(value, _dtype(dtype)), requires_grad)


def sizes_of(size: tuple[Any, ...]) -> tuple[int, ...]:
    """Read sizes given one by one or as one sequence."""
    given = size[0] if len(size) == 1 and isinstance(size[0], tuple | list) else size
    return tuple(n.__index__() for n in given)


def _filled(name: str, fill: Callable[..., Any], what: str) -> Callable[..., Tensor]:
    def f(
        *size: Any,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        **ignored: Any,
    ) -> Tensor:
        return _finish(fill(sizes_of(size), _dtype(dtype)), requires_grad, device)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"Return a Tensor of {what}, of the default dtype. See `torch.{name}`."
    return f


zeros = _filled("zeros", np.zeros, "zeros")
ones = _filled("ones", np.ones, "ones")
empty = _filled("empty", np.zeros, "zeros (memory is always initialised here)")


def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return a Tensor filled with a number. See `torch.full`."""
    value = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    d = _array(value, None).dtype if dtype is None else canonical_dtype(dtype)
    return _finish(np.full(sizes_of((size,)), value, d), requires_grad, device)


def _like(name: str, plain: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def f(input: Any, *args: Any, dtype: Any = None, **kwargs: Any) -> Tensor:
        kwargs.pop("memory_format", None)
        d = input.dtype if dtype is None else dtype
        return plain(tuple(input.shape), *args, dtype=d, **kwargs)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"`{plain.__name__}` with the shape and dtype of a Tensor. See `torch.{name}`."
    return f


zeros_like, ones_like = _like("zeros_like", zeros), _like("ones_like", ones)
empty_like, full_like = _like("empty_like", empty), _like("full_like", full)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return the identity matrix. See `torch.eye`."""
    return _finish(np.eye(n, m, dtype=_dtype(dtype)), requires_grad, device)


def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return evenly spaced numbers; int64 if all are ints. See `torch.arange`."""
    if end is None:
        start, end = 0, start
    args = [x.item() if isinstance(x, Tensor) else x for x in (start, end, step)]
    if dtype is None and any(isinstance(x, float) for x in args):
        dtype = get_default_dtype()
    return _finish(np.arange(*args).astype(dtype or np.int64), requires_grad, device)


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return evenly spaced numbers, both ends included. See `torch.linspace`."""
    value = np.linspace(float(start), float(end), steps)
    return _finish(value.astype(_dtype(dtype)), requires_grad, device)


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return numbers evenly spaced on a log scale. See `torch.logspace`."""
    value = np.logspace(float(start), float(end), steps, base=base)
    return _finish(value.astype(_dtype(dtype)), requires_grad)


# --- random -------------------------------------------------------------------------------------


def draw_uniform(
    shape: tuple[int, ...], dtype: np.dtype[Any], generator: Generator | None = None
) -> np.ndarray[Any, Any]:
    """Draw from [0, 1) in float32 or float64."""
    return drawn("uniform", shape, wide_float(dtype), generator).astype(dtype, copy=False)


def draw_normal(
    shape: tuple[int, ...], dtype: np.dtype[Any], generator: Generator | None = None
) -> np.ndarray[Any, Any]:
    """Draw standard normal numbers; complex ones have variance 1 in all."""
    if dtype.kind == "c":
        pair = numpy_generator(generator).standard_normal((2, *shape)) * np.sqrt(0.5)
        return np.asarray(pair[0] + 1j * pair[1]).astype(dtype)
    return drawn("normal", shape, wide_float(dtype), generator).astype(dtype, copy=False)


def _random(name: str, draw: Callable[..., Any], what: str) -> Callable[..., Tensor]:
    def f(
        *size: Any,
        generator: Generator | None = None,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        return _finish(draw(sizes_of(size), _dtype(dtype), generator), requires_grad, device)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"Return {what}, of the default dtype. See `torch.{name}`."
    return f


rand = _random("rand", draw_uniform, "numbers drawn uniformly from [0, 1)")
randn = _random("randn", draw_normal, "standard normal numbers")
rand_like, randn_like = _like("rand_like", rand), _like("randn_like", randn)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return integers from [low, high). See `torch.randint`."""
    if size is None:
        low, high, size = 0, low, high
    value = numpy_generator(generator).integers(low, high, sizes_of((size,)))
    return _finish(np.asarray(value).astype(dtype or np.int64), requires_grad, device)


def randperm(n: int, *, generator: Generator | None = None, dtype: Any = None) -> Tensor:
    """Return a random permutation of 0 .. n-1. See `torch.randperm`."""
    return _finish(numpy_generator(generator).permutation(n).astype(dtype or np.int64))


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
) -> Tensor:
    """Return normal numbers of given means and deviations. See `torch.normal`."""
    like = [x for x in (mean, std) if isinstance(x, Tensor)]
    shape = sizes_of((size,)) if size is not None else np.broadcast_shapes(*(x.shape for x in like))
    d = like[0].dtype if like and dtype is None else _dtype(dtype)
    z = make(draw_normal(shape, d, generator), None)
    return mean + std * z


def bernoulli(input: Tensor, *, generator: Generator | None = None) -> Tensor:
    """Return 1 with the probabilities given, else 0. See `torch.bernoulli`."""
    draws = numpy_generator(generator).random(input.shape)
    return _finish((draws < input.value).astype(input.dtype))


def multinomial(
    input: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Return indices drawn with the weights of each row. See `torch.multinomial`."""
    g = numpy_generator(generator)
    weights = np.atleast_2d(np.asarray(input.value, np.float64))
    rows = [
        g.choice(len(w), num_samples, replacement, w / w.sum()).astype(np.int64) for w in weights
    ]
    return _finish(np.stack(rows).reshape(*input.shape[:-1], num_samples))
