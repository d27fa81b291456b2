"""Operations of equations, counted from their types alone."""

import math
from collections.abc import Iterable

import numpy as np

from ..ir import Eqn, Jaxpr, subjaxprs
from ..prims.lowering import Scalar, View

__all__ = ["count_flops", "total_flops"]

# Per matrix of n rows (m columns), to leading order: Golub & Van Loan (2013), "Matrix computations".
_MATRIX = {
    "cholesky": lambda m, n: n**3 / 3,
    "det": lambda m, n: 2 * n**3 / 3,
    "slogdet": lambda m, n: 2 * n**3 / 3,
    "lu": lambda m, n: 2 * n**3 / 3,
    "qr": lambda m, n: 4 * (m * m * n - m * n * n + n**3 / 3),
    "svd": lambda m, n: 14 * m * n * n + 8 * n**3,
    "eigh": lambda m, n: 9 * n**3,
    "eig": lambda m, n: 25 * n**3,
    "schur": lambda m, n: 25 * n**3,
}
# Moving values is no operation on them.
_MOVES = frozenset(
    [
        "bitcast_convert_type",
        "complex",
        "concatenate",
        "convert_element_type",
        "copy",
        "dynamic_slice",
        "dynamic_update_slice",
        "gather",
        "guard",
        "imag",
        "iota",
        "name",
        "real",
        "reduce_precision",
        "scatter",
        "select_n",
        "stop_gradient",
        "window_take",
    ]
)
# One operation for each element that is folded into another.
_FOLDS = frozenset(["cumsum", "cumprod", "cummax", "cummin", "argmax", "argmin"])
# For each element of the largest operand: the mean takes 1, the variance 3, scale and shift 4.
_BATCH_NORM = {"batch_norm_train": 8, "batch_norm_tangent": 12, "batch_norm_cotangent": 12}


def count_flops(eqn: Eqn) -> int | None:
    """Count operations: one for each element of elementwise results, two for a multiply-add.

    A scan counts its body as often as it runs, a branch its most expensive side. What is padding,
    or a gap of a dilated operand, does not count in a convolution.

    Returns
    -------
    int or None
        None where the number depends on values (while loops) or is not known.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> jaxpr = fl.make_jaxpr(lambda a, b: np.sin(a @ b))(np.ones((2, 3)), np.ones((3, 4)))
    >>> [count_flops(e) for e in jaxpr.eqns]
    [48, 8]
    """
    name, params = eqn.primitive.name, eqn.params
    out = sum(int(v.aval.size) for v in eqn.outvars)
    first = int(eqn.inputs[0].aval.size) if eqn.inputs else 0
    inner = list(subjaxprs(eqn))
    if inner:
        return _control_flops(eqn, inner)
    if name in _MOVES or isinstance(eqn.primitive.lower, View):
        return 0
    if name == "dot_general":
        (contracted, _), _ = params["dimension_numbers"]
        return 2 * out * math.prod(eqn.inputs[0].aval.shape[d] for d in contracted)
    if name == "conv_general_dilated":
        return _conv_flops(eqn)
    if name.startswith("reduce_window"):
        return out * math.prod(params["window_dimensions"])
    if name.startswith("reduce_") or name in _FOLDS:
        return first
    if name.startswith("scatter_"):
        return int(eqn.inputs[2].aval.size)
    if name == "window_put_add":
        return first
    if name in _BATCH_NORM:
        return _BATCH_NORM[name] * max(int(a.aval.size) for a in eqn.inputs)
    if name in ("sort", "top_k"):
        n = eqn.inputs[0].aval.shape[params.get("dimension", -1)]
        return int(first * max(1.0, math.log2(max(n, 1))))
    if name == "fft":
        n = math.prod(params["fft_lengths"]) if "fft_lengths" in params else out
        return int(5 * out * math.log2(max(n, 2)))
    if name in _MATRIX:
        *batch, m, n = eqn.inputs[0].aval.shape
        return int(math.prod(batch) * _MATRIX[name](max(m, n), min(m, n)))
    if name == "triangular_solve":
        return int(eqn.inputs[0].aval.shape[-1]) * out
    return out if isinstance(eqn.primitive.lower, Scalar) else None


def total_flops(eqns: Iterable[Eqn], uncounted: set[str] | None = None) -> int | None:
    """Add the operations of equations up.

    Parameters
    ----------
    eqns : iterable of Eqn
    uncounted : set of str, optional
        Gets the names of primitives whose operations are not known; they count nothing. Without
        it one such equation makes the whole sum None.
    """
    total = 0
    for eqn in eqns:
        n = count_flops(eqn)
        if n is not None:
            total += n
        elif uncounted is None:
            return None
        else:
            uncounted.add(eqn.primitive.name)
    return total


def _control_flops(eqn: Eqn, inner: list[Jaxpr]) -> int | None:
    counts = [total_flops(j.eqns) for j in inner]
    if eqn.primitive.name == "while" or None in counts:
        return None
    known = [c for c in counts if c is not None]
    if eqn.primitive.name == "scan":
        return int(eqn.params["length"]) * known[0]
    return max(known)  # of branches; any other call has one body that runs


def _conv_flops(eqn: Eqn) -> int:
    """Two for each pair of an element and a weight that meet."""
    x, w = (a.aval.shape for a in eqn.inputs[:2])
    p = eqn.params
    out = eqn.outvars[0].aval.shape
    pairs = 1
    for d, (low, _high) in enumerate(p["padding"]):
        position = np.arange(out[d + 2])[:, None] * p["window_strides"][d] - low
        position = position + np.arange(w[d + 2]) * p["rhs_dilation"][d]
        gap = p["lhs_dilation"][d]
        inside = (position >= 0) & (position <= (x[d + 2] - 1) * gap) & (position % gap == 0)
        pairs *= int(np.count_nonzero(inside))
    return 2 * int(out[0]) * int(out[1]) * int(w[1]) * pairs
