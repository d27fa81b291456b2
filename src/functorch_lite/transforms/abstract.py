"""make_jaxpr and eval_shape: looking at a function without computing anything."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from ..ir import ClosedJaxpr, ShapedArray, named_axes, record, typeof
from ..ir.aval import canonical_dtype
from ..pytree import keystr, tree_flatten_with_path
from .arguments import Static, as_tuple, with_static
from .flatten import FlatFunction, check_array, function_name
from .transformed import transformed

__all__ = ["ShapeDtypeStruct", "abstractify", "eval_shape", "make_jaxpr"]


class ShapeDtypeStruct:
    """Shape and dtype of an array, without its data.

    Examples
    --------
    >>> ShapeDtypeStruct((2,), "float32")
    ShapeDtypeStruct(shape=(2,), dtype=float32)
    """

    def __init__(self, shape: Sequence[int], dtype: Any) -> None:
        self.shape = tuple(shape)
        self.dtype = canonical_dtype(dtype)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return ShapedArray(self.shape, self.dtype).size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ShapeDtypeStruct) and (self.shape, self.dtype) == (
            other.shape,
            other.dtype,
        )

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))

    def __repr__(self) -> str:
        return f"ShapeDtypeStruct(shape={self.shape}, dtype={self.dtype.name})"


def abstractify(x: Any, what: str) -> ShapedArray:
    """Return the aval of an argument: an array, a number or a ShapeDtypeStruct."""
    if isinstance(x, ShapeDtypeStruct):
        return ShapedArray(x.shape, x.dtype)
    return typeof(check_array(x, what))


def make_jaxpr(
    fun: Callable[..., Any],
    static_argnums: int | Sequence[int] = (),
    axis_env: Sequence[tuple[Hashable, int]] | None = None,
    return_shape: bool = False,
) -> Callable[..., Any]:
    """Return a function that records `fun` and returns its jaxpr.

    Parameters
    ----------
    fun : callable
        Takes and returns pytrees of arrays.
    static_argnums : int or sequence of int
        Arguments that are Python values, known while tracing.
    axis_env : sequence of (name, size), optional
        Mapped axes that collectives in `fun` may name.
    return_shape : bool
        Return ``(jaxpr, shapes)``, the output as a pytree of `ShapeDtypeStruct` beside it.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> fl.make_jaxpr(lambda x: np.sin(x) * 2.0)(np.zeros(3))
    { lambda ; a:f64[3]. let
        b:f64[3] = sin a
        c:f64[3] = mul b 2.0
      in (c,) }
    """
    name = function_name(fun)

    @transformed(
        make_jaxpr,
        fun,
        static_argnums=static_argnums,
        axis_env=axis_env,
        return_shape=return_shape,
    )
    def make_jaxpr_f(*args: Any, **kwargs: Any) -> Any:
        nums = {i % len(args) for i in as_tuple(static_argnums)}
        static = Static({i: args[i] for i in sorted(nums)}, name)
        dynamic = tuple(a for i, a in enumerate(args) if i not in nums)
        pairs, treedef = tree_flatten_with_path((dynamic, kwargs))
        avals = [abstractify(x, f"argument{keystr(p[1:])} of {name}") for p, x in pairs]
        flat = FlatFunction(with_static(fun, static, len(args)) if nums else fun, treedef)
        with named_axes(axis_env or ()):
            jaxpr, consts = record(lambda *xs: flat(*xs), avals, f"make_jaxpr of {name}")
        closed = ClosedJaxpr(jaxpr, consts)
        if not return_shape:
            return closed
        return closed, flat.unflatten([ShapeDtypeStruct(a.shape, a.dtype) for a in jaxpr.out_avals])

    return make_jaxpr_f


def eval_shape(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Return shapes and dtypes of what `fun` returns, without computing anything.

    Arguments may be arrays or `ShapeDtypeStruct`.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> fl.eval_shape(np.dot, fl.ShapeDtypeStruct((3, 2), "f4"), fl.ShapeDtypeStruct((2,), "f4"))
    ShapeDtypeStruct(shape=(3,), dtype=float32)
    """
    return make_jaxpr(fun, return_shape=True)(*args, **kwargs)[1]
