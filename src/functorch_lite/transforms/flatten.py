"""From functions on pytrees to flat functions on lists of arrays, and argument checks."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeGuard

import numpy as np

from ..errors import DTypeError, NonDifferentiableError
from ..ir import ShapedArray, Tracer, canonical_dtype, is_inexact, typeof
from ..ir.aval import python_scalar_dtype
from ..pytree import PyTreeDef, keystr, tree_flatten, tree_flatten_with_path, tree_unflatten

__all__ = [
    "FlatFunction",
    "argnums_tuple",
    "array_output",
    "check_array",
    "check_differentiable",
    "finish_ct",
    "function_name",
    "is_single",
    "quiet",
]


def function_name(f: Any) -> str:
    """Return a name for a function, also for partials and callable objects."""
    while hasattr(f, "func"):
        f = f.func
    return getattr(f, "__name__", type(f).__name__)


def check_array(x: Any, what: str) -> Any:
    """Return `x` if it can be traced: a tracer, an array or a number.

    Raises
    ------
    DTypeError
        Naming the argument.
    """
    if isinstance(x, Tracer):
        return x.bare()
    if isinstance(x, np.ndarray | np.generic):
        try:
            canonical_dtype(x.dtype)
        except DTypeError as e:
            raise DTypeError(f"{what}: {e}") from None
        return x
    if python_scalar_dtype(x) is not None:
        return x
    convert = getattr(x, "__functorch_lite_array__", None)
    if convert is not None:
        return convert()
    raise DTypeError(
        f"{what} has type {type(x).__name__!r}, which is not an array, a number or a registered "
        "pytree. Convert it with np.asarray, register its class (tree_util.register_pytree_node), "
        "or pass it as static (jit: static_argnums) or by closure."
    )


def array_output(x: Any, what: str) -> Any:
    """Return an output leaf as a tracer or an array."""
    if isinstance(x, Tracer) or type(x) is np.ndarray:
        return x
    if isinstance(x, np.ndarray | np.generic) or python_scalar_dtype(x) is not None:
        return np.asarray(x)
    convert = getattr(x, "__functorch_lite_array__", None)
    if convert is not None:
        return convert()
    raise DTypeError(
        f"{what} returned a leaf of type {type(x).__name__!r}; a transformed function must return "
        "arrays or pytrees of arrays (grad and vjp take has_aux=True for anything else)"
    )


# Who wants to see what transforms call: `explain` records each stage of a program so.
observers: list[Callable[["FlatFunction", Sequence[Any]], None]] = []


class FlatFunction:
    """`f` as a function of the leaves of its arguments; the output's structure is kept.

    Parameters
    ----------
    f : callable
        Takes ``*args, **kwargs`` of structure `treedef`.
    treedef : PyTreeDef
        Of ``(args, kwargs)``, or of ``args`` if not `takes_kwargs`.
    has_aux : bool
        Whether `f` returns ``(out, aux)``. The leaves of `aux` follow those of `out`, so that a
        transform hands them back as values, not as its tracers; `split` parts them again.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        treedef: PyTreeDef,
        has_aux: bool = False,
        takes_kwargs: bool = True,
    ) -> None:
        self.f = f
        self.treedef = treedef
        self.has_aux = has_aux
        self.takes_kwargs = takes_kwargs
        self.name = function_name(f)
        self.out_tree: PyTreeDef | None = None
        self.aux_tree: PyTreeDef | None = None
        self.n_out = 0

    def __call__(self, *leaves: Any) -> list[Any]:
        """Call `f` on rebuilt arguments and flatten what it returns."""
        tree = tree_unflatten(self.treedef, leaves)
        args, kwargs = tree if self.takes_kwargs else (tree, {})
        out = self.f(*args, **kwargs)
        aux: list[Any] = []
        if self.has_aux:
            if not isinstance(out, tuple) or len(out) != 2:
                raise TypeError(
                    f"{self.name} was called with has_aux=True and must return a pair "
                    f"(out, aux), got {type(out).__name__}"
                )
            out, rest = out
            aux, self.aux_tree = tree_flatten(rest)
        flat, self.out_tree = tree_flatten(out)
        self.n_out = len(flat)
        if observers:
            observers[-1](self, leaves)
        return [array_output(x, self.name) for x in flat] + aux

    def split(self, outs: list[Any]) -> tuple[list[Any], Any]:
        """Part the results into output leaves and the rebuilt aux (None without has_aux)."""
        if not self.has_aux:
            return outs, None
        assert self.aux_tree is not None
        return outs[: self.n_out], tree_unflatten(self.aux_tree, outs[self.n_out :])

    def unflatten(self, leaves: Sequence[Any]) -> Any:
        """Rebuild the output."""
        assert self.out_tree is not None
        return tree_unflatten(self.out_tree, leaves)


_INTEGERS = int | np.integer


def is_single(argnums: int | Sequence[int]) -> TypeGuard[int]:
    """Tell whether argnums is one number, not a sequence of them."""
    return isinstance(argnums, _INTEGERS)


def argnums_tuple(argnums: int | Sequence[int], n: int, name: str) -> tuple[int, ...]:
    """Normalise argnums to a tuple of non-negative ints."""
    nums: Sequence[int] = (argnums,) if is_single(argnums) else tuple(argnums)  # type: ignore[arg-type]
    out = []
    for i in nums:
        if not isinstance(i, _INTEGERS) or not -n <= i < n:
            raise ValueError(
                f"argnums={argnums!r} does not fit a call of {name} with {n} positional arguments; "
                "pass the arguments to differentiate by position"
            )
        out.append(int(i) % n)
    if len(set(out)) != len(out):
        raise ValueError(f"argnums={argnums!r} names an argument twice")
    return tuple(out)


def check_differentiable(
    arg: Any, argnum: int, name: str, *, transform: str, holomorphic: bool, allow_int: bool
) -> None:
    """Raise NonDifferentiableError, naming the leaf, unless `arg` can be differentiated."""
    for path, leaf in tree_flatten_with_path(arg)[0]:
        where = f"argument {argnum}{keystr(path)} of {name}"
        dtype = typeof(check_array(leaf, where)).dtype
        if holomorphic and dtype.kind != "c":
            raise NonDifferentiableError(
                f"{transform} with holomorphic=True needs complex inputs, but {where} is "
                f"{dtype.name}; convert it with x.astype(complex)"
            )
        if dtype.kind == "c" and not holomorphic and transform == "jacfwd":
            raise NonDifferentiableError(
                f"{transform} of a complex input ({where}) needs holomorphic=True"
            )
        if not is_inexact(dtype) and not allow_int:
            raise NonDifferentiableError(
                f"{transform} needs float or complex inputs, but {where} is {dtype.name}. Convert "
                "it to float (x.astype(float), or write 1.0 for 1), leave it out of argnums, or "
                "pass allow_int=True to get None in its place."
            )


quiet = functools.partial(np.errstate, all="ignore")
"""Derivatives of functions with poles are no reason to warn: transforms run under this."""


def finish_ct(ct: Any, primal: Any) -> Any:
    """Return a cotangent (or tangent) as an array that the caller may write to."""
    if ct is None:
        aval = primal if isinstance(primal, ShapedArray) else typeof(primal)
        return np.zeros(aval.shape, aval.dtype)
    if type(ct) is np.ndarray:
        return ct if ct.flags.writeable else ct.copy()
    return ct if isinstance(ct, Tracer) else np.asarray(ct)
