"""Exchange with other libraries: DLPack, PyTorch, JAX, einops.

Arrays of this package are NumPy arrays, so whatever takes those needs nothing. Memory is shared
where the other library allows it, and never copied silently to write to it.
"""

from typing import Any

import numpy as np

from . import numpy as fnp
from .ir import Tracer, dtype_of
from .pytree import tree_map

__all__ = ["from_dlpack", "from_jax", "from_torch", "register_einops", "to_jax", "to_torch"]


def from_dlpack(x: Any, *, copy: bool | None = None) -> np.ndarray[Any, Any]:
    """Return an array over the memory of another library's array.

    Parameters
    ----------
    x : object with ``__dlpack__``
        A tensor of PyTorch, an array of JAX, CuPy's memory on the CPU ...
    copy : bool, optional
        True copies, False raises where a copy would be needed.

    Returns
    -------
    ndarray
        Read-only if the owner says so.

    Raises
    ------
    BufferError
        If the memory cannot be shared: on another device, or of a dtype NumPy does not have.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from_dlpack(fl.tensor([1.0, 2.0]))
    array([1., 2.], dtype=float32)
    """
    out = np.from_dlpack(x)
    if copy:
        return out.copy()
    return out


def _is_array(x: Any) -> bool:
    """Tell whether a leaf is one of our arrays or Tensors."""
    return isinstance(x, np.ndarray | np.generic | Tracer)


def _as_numpy(x: Any) -> np.ndarray[Any, Any]:
    if isinstance(x, Tracer) and hasattr(x, "detach"):
        return x.detach().numpy()
    return np.asarray(x)


def to_torch(tree: Any) -> Any:
    """Return a pytree with its arrays as PyTorch tensors, sharing memory.

    Arrays that are read-only (such as a Tensor's value) are copied: PyTorch has no such notion.

    Examples
    --------
    >>> import numpy as np
    >>> to_torch({"w": np.ones(2)})["w"]  # doctest: +SKIP
    tensor([1., 1.], dtype=torch.float64)
    """
    import torch

    def convert(x: Any) -> Any:
        if not _is_array(x):
            return x
        a = _as_numpy(x)
        native = a.flags.writeable and all(s >= 0 for s in a.strides)
        return torch.from_numpy(a if native else a.copy())

    return tree_map(convert, tree)


def from_torch(tree: Any) -> Any:
    """Return a pytree with PyTorch's tensors as NumPy arrays, sharing memory.

    Gradients are not followed across: tensors that require one are detached.

    Examples
    --------
    >>> import torch  # doctest: +SKIP
    >>> from_torch({"w": torch.ones(2)})["w"]  # doctest: +SKIP
    array([1., 1.], dtype=float32)
    """
    import torch

    def convert(x: Any) -> Any:
        if not isinstance(x, torch.Tensor):
            return x
        return x.detach().resolve_conj().resolve_neg().cpu().numpy()

    return tree_map(convert, tree, is_leaf=lambda x: isinstance(x, torch.Tensor))


def to_jax(tree: Any) -> Any:
    """Return a pytree with its arrays as JAX arrays, copied.

    JAX's arrays never change, so it takes a copy of memory that someone could write to.

    Examples
    --------
    >>> import numpy as np
    >>> to_jax(np.ones(2, np.float32))  # doctest: +SKIP
    Array([1., 1.], dtype=float32)
    """
    import jax.numpy as jnp

    return tree_map(lambda x: jnp.array(_as_numpy(x)) if _is_array(x) else x, tree)


def from_jax(tree: Any) -> Any:
    """Return a pytree with JAX's arrays as read-only NumPy arrays, sharing memory.

    Typed random keys become the uint32 keys of `functorch_lite.random`.

    Examples
    --------
    >>> import jax  # doctest: +SKIP
    >>> from_jax(jax.random.key(1))  # doctest: +SKIP
    array([0, 1], dtype=uint32)
    """
    import jax

    def convert(x: Any) -> Any:
        if not isinstance(x, jax.Array):
            return x
        if jax.dtypes.issubdtype(x.dtype, jax.dtypes.prng_key):
            x = jax.random.key_data(x)
        return np.asarray(x)

    return tree_map(convert, tree, is_leaf=lambda x: isinstance(x, jax.Array))


_REDUCTIONS: dict[str, Any] = {
    "min": fnp.min,
    "max": fnp.max,
    "sum": fnp.sum,
    "mean": fnp.mean,
    "prod": fnp.prod,
}
_REDUCTIONS |= {"any": fnp.any, "all": fnp.all}


def register_einops() -> None:
    """Let einops work on tracers and Tensors: under grad, vmap, jit and in modules.

    Done by itself when einops is imported, before this package or after it; NumPy arrays need
    nothing.

    Examples
    --------
    >>> import einops  # doctest: +SKIP
    >>> fl.vmap(lambda x: einops.rearrange(x, "a b -> b a"))(xs)  # doctest: +SKIP
    """
    from einops._backends import AbstractBackend

    if any(b.framework_name == __package__ for b in AbstractBackend.__subclasses__()):
        return

    class FunctorchLiteBackend(AbstractBackend):
        """einops's operations, for everything that traces."""

        framework_name = __package__

        def is_appropriate_type(self, tensor: Any) -> bool:
            return isinstance(tensor, Tracer)

        def from_numpy(self, x: Any) -> Any:
            return x

        def to_numpy(self, x: Any) -> Any:
            return np.asarray(x)

        def arange(self, start: int, stop: int) -> Any:
            return fnp.arange(start, stop)

        def shape(self, x: Any) -> tuple[int, ...]:
            return tuple(x.shape)

        def reshape(self, x: Any, shape: Any) -> Any:
            return fnp.reshape(x, tuple(shape))

        def transpose(self, x: Any, axes: Any) -> Any:
            return fnp.transpose(x, tuple(axes))

        def reduce(self, x: Any, operation: str, axes: Any) -> Any:
            return _REDUCTIONS[operation](x, axis=tuple(axes))

        def stack_on_zeroth_dimension(self, tensors: list[Any]) -> Any:
            return fnp.stack(tensors)

        def add_axis(self, x: Any, new_position: int) -> Any:
            return fnp.expand_dims(x, new_position)

        def tile(self, x: Any, repeats: Any) -> Any:
            return fnp.tile(x, tuple(repeats))

        def concat(self, tensors: Any, axis: int) -> Any:
            return fnp.concatenate(tensors, axis)

        def is_float_type(self, x: Any) -> bool:
            return dtype_of(x).kind in "fc"

        def einsum(self, pattern: str, *x: Any) -> Any:
            return fnp.einsum(pattern, *x)
