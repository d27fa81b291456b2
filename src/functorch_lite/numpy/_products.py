"""Products: dot, matmul, tensordot, einsum and their kin."""

from typing import Any

import numpy as np

from ..errors import ShapeError
from ..ir import current_source, dtype_of, shape_of, summarize
from ..prims import shape as sh
from ..prims.dot import dot_general
from ._axes import normalize_axis
from ._elementwise import conj, multiply
from ._manipulation import broadcast_to, moveaxis, reshape
from ._promotion import as_array, broadcast_shapes, is_plain, promote_dtypes
from ._reductions import sum as _sum

__all__ = [
    "cross",
    "dot",
    "einsum",
    "einsum_path",
    "inner",
    "kron",
    "matmul",
    "matvec",
    "outer",
    "tensordot",
    "trace",
    "vdot",
    "vecdot",
    "vecmat",
]


def _operands(*args: Any, name: str) -> list[Any]:
    xs = [as_array(a, name) for a in args]
    return promote_dtypes(*[x if hasattr(x, "shape") else np.asarray(x) for x in xs])


def _mismatch(name: str, a: Any, b: Any) -> ShapeError:
    return ShapeError(
        f"{name}: shapes {shape_of(a)} and {shape_of(b)} do not fit: the last axis of the first "
        f"must be as long as the second-to-last (or only) axis of the second "
        f"{summarize(current_source())}"
    )


def dot(a: Any, b: Any, out: None = None) -> Any:
    """Dot product of two arrays. See `numpy.dot`."""
    x, y = _operands(a, b, name="dot")
    if not shape_of(x) or not shape_of(y):
        return multiply(x, y)
    i, j = len(shape_of(x)) - 1, max(len(shape_of(y)) - 2, 0)
    if shape_of(x)[i] != shape_of(y)[j]:
        raise _mismatch("dot", x, y)
    return dot_general(x, y, (((i,), (j,)), ((), ())))


def matmul(a: Any, b: Any, /) -> Any:
    """Matrix product; leading axes are batch axes and broadcast. See `numpy.matmul`."""
    x, y = _operands(a, b, name="matmul")
    xs, ys = shape_of(x), shape_of(y)
    if not xs or not ys:
        raise ShapeError(
            f"matmul: scalars are not allowed {summarize(current_source())}; use * instead"
        )
    k_y = ys[-2] if len(ys) > 1 else ys[0]
    if xs[-1] != k_y:
        raise _mismatch("matmul", x, y)
    if is_plain(x, y):
        return np.asanyarray(np.matmul(x, y))
    if len(xs) <= 2 and len(ys) <= 2:
        return dot_general(x, y, (((len(xs) - 1,), (max(len(ys) - 2, 0),)), ((), ())))
    if len(ys) <= 2:
        return dot_general(x, y, (((len(xs) - 1,), (max(len(ys) - 2, 0),)), ((), ())))
    batch = broadcast_shapes(xs[:-2], ys[:-2])
    nb = len(batch)
    y = broadcast_to(y, batch + ys[-2:])
    if len(xs) == 1:
        out = dot_general(y, x, (((nb,), (0,)), ((), ())))
        return out
    x = broadcast_to(x, batch + xs[-2:])
    lead = tuple(range(nb))
    return dot_general(x, y, (((nb + 1,), (nb,)), (lead, lead)))


def vdot(a: Any, b: Any, /) -> Any:
    """Dot product of flattened arrays, the first conjugated. See `numpy.vdot`."""
    return dot(reshape(conj(a), (-1,)), reshape(b, (-1,)))


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Dot product of vectors along an axis, the first conjugated. See `numpy.vecdot`."""
    x, y = _operands(x1, x2, name="vecdot")
    product = multiply(conj(moveaxis(x, axis, -1)), moveaxis(y, axis, -1))
    return _sum(product, -1, dtype_of(product))


def matvec(x1: Any, x2: Any, /) -> Any:
    """Matrix times vector; leading axes are batch axes and broadcast. See `numpy.matvec`.

    Examples
    --------
    >>> import numpy as np
    >>> matvec(np.array([[1, 2], [3, 4]]), np.array([1, 10]))
    array([21, 43])
    """
    x, y = _operands(x1, x2, name="matvec")
    if len(shape_of(x)) < 2 or not shape_of(y):
        raise _mismatch("matvec", x, y)
    return matmul(x, y[..., None])[..., 0]


def vecmat(x1: Any, x2: Any, /) -> Any:
    """Conjugated vector times matrix; leading axes are batch axes. See `numpy.vecmat`.

    Examples
    --------
    >>> import numpy as np
    >>> vecmat(np.array([1, 10]), np.array([[1, 2], [3, 4]]))
    array([31, 42])
    """
    x, y = _operands(x1, x2, name="vecmat")
    if not shape_of(x) or len(shape_of(y)) < 2:
        raise _mismatch("vecmat", x, y)
    return matmul(conj(x)[..., None, :], y)[..., 0, :]


def inner(a: Any, b: Any) -> Any:
    """Inner product over last axes. See `numpy.inner`."""
    x, y = _operands(a, b, name="inner")
    if not shape_of(x) or not shape_of(y):
        return multiply(x, y)
    return tensordot(x, y, axes=(-1, -1))


def outer(a: Any, b: Any) -> Any:
    """Outer product of flattened arrays. See `numpy.outer`."""
    return multiply(reshape(a, (-1, 1)), reshape(b, (1, -1)))


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Contract over given axes. See `numpy.tensordot`."""
    x, y = _operands(a, b, name="tensordot")
    nx, ny = len(shape_of(x)), len(shape_of(y))
    if isinstance(axes, int):
        xc, yc = tuple(range(nx - axes, nx)), tuple(range(axes))
    else:
        left, right = axes
        left = left if isinstance(left, tuple | list) else (left,)
        right = right if isinstance(right, tuple | list) else (right,)
        xc = tuple(normalize_axis(d, nx) for d in left)
        yc = tuple(normalize_axis(d, ny) for d in right)
    if [shape_of(x)[d] for d in xc] != [shape_of(y)[d] for d in yc]:
        raise ShapeError(
            f"tensordot: shapes {shape_of(x)} and {shape_of(y)} differ along axes {axes} "
            f"{summarize(current_source())}"
        )
    return dot_general(x, y, ((xc, yc), ((), ())))


def kron(a: Any, b: Any) -> Any:
    """Kronecker product. See `numpy.kron`."""
    x, y = _operands(a, b, name="kron")
    n = max(len(shape_of(x)), len(shape_of(y)))
    xs = (1,) * (n - len(shape_of(x))) + shape_of(x)
    ys = (1,) * (n - len(shape_of(y))) + shape_of(y)
    left = sh.reshape(x, tuple(v for m in xs for v in (m, 1)))
    right = sh.reshape(y, tuple(v for m in ys for v in (1, m)))
    return sh.reshape(multiply(left, right), tuple(p * q for p, q in zip(xs, ys, strict=True)))


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """Sum along a diagonal. See `numpy.trace`."""
    from ._indexing import diagonal

    return _sum(diagonal(a, offset, axis1, axis2), -1, dtype)


def cross(a: Any, b: Any, axis: int = -1) -> Any:
    """Cross product of vectors of length 3. See `numpy.cross`."""
    from ._joining import stack

    x, y = moveaxis(a, axis, -1), moveaxis(b, axis, -1)
    if shape_of(x)[-1] != 3 or shape_of(y)[-1] != 3:
        raise ShapeError(f"cross: vectors must have length 3 {summarize(current_source())}")
    x0, x1, x2 = (x[..., i] for i in range(3))
    y0, y1, y2 = (y[..., i] for i in range(3))
    parts = [x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, x0 * y1 - x1 * y0]
    return moveaxis(stack(parts, -1), -1, axis)


# --- einsum -------------------------------------------------------------------------------------


def einsum(subscripts: str, *operands: Any, optimize: Any = "greedy") -> Any:
    """Evaluate the Einstein summation convention. See `numpy.einsum`.

    Operands are contracted in pairs, in the order that ``numpy.einsum_path`` finds.
    """
    if not isinstance(subscripts, str):
        raise TypeError("einsum: give the subscripts as a string, such as 'ij,jk->ik'")
    xs = _operands(*operands, name="einsum")
    terms, result = _parse(subscripts, [len(shape_of(x)) for x in xs])
    _check_sizes(terms, xs)
    if len(xs) > 2 and optimize is not False:
        dummies = [np.broadcast_to(np.float64(0), shape_of(x)) for x in xs]
        text = ",".join(terms) + "->" + result
        order = np.einsum_path(
            text, *dummies, optimize=optimize if optimize is not True else "greedy"
        )
        path = order[0][1:]
    else:
        path = [(0, 1)] * (len(xs) - 1)
    for step in path:
        chosen = sorted(step, reverse=True)
        while len(chosen) > 1:
            i, j = chosen[0], chosen[1]
            others = [t for k, t in enumerate(terms) if k not in (i, j)]
            keep = set(result).union(*others) if others else set(result)
            y, term = _contract(xs[j], terms[j], xs[i], terms[i], keep)
            for k in (i, j):
                del xs[k], terms[k]
            xs.append(y)
            terms.append(term)
            chosen = [len(xs) - 1, *chosen[2:]]
    return _finish_einsum(xs[0], terms[0], result)


def einsum_path(subscripts: str, /, *operands: Any, optimize: Any = "greedy") -> Any:
    """Return the order in which `einsum` contracts, and its cost. See `numpy.einsum_path`.

    Examples
    --------
    >>> import numpy as np
    >>> einsum_path("ij,jk,kl->il", *[np.ones((2, 2))] * 3)[0]
    ['einsum_path', (0, 1), (0, 1)]
    """
    shapes = [shape_of(as_array(x, "einsum_path")) for x in operands]
    dummies = [np.broadcast_to(np.float64(0), s) for s in shapes]
    return np.einsum_path(subscripts, *dummies, optimize=optimize)


def _parse(subscripts: str, ndims: list[int]) -> tuple[list[str], str]:
    """Return one letter string for each operand and for the result; '...' becomes letters."""
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    where = summarize(current_source())
    if len(terms) != len(ndims):
        raise ShapeError(
            f"einsum {subscripts!r} needs {len(terms)} operands, got {len(ndims)} {where}"
        )
    free = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" if c not in text]
    n_dots = max(
        (n - len(t) + 3 for t, n in zip(terms, ndims, strict=True) if "..." in t), default=0
    )
    dots = "".join(free[:n_dots])
    out = []
    for t, n in zip(terms, ndims, strict=True):
        if "..." in t:
            k = n - len(t) + 3
            t = t.replace("...", dots[len(dots) - k :] if k else "")
        if len(t) != n:
            raise ShapeError(
                f"einsum {subscripts!r}: {t!r} does not fit an operand with {n} axes {where}"
            )
        out.append(t)
    if arrow:
        result = right.replace("...", dots)
    else:
        letters = "".join(out)
        once = sorted(c for c in set(letters) if letters.count(c) == 1 and c not in dots)
        result = dots + "".join(once)
    return out, result


def _check_sizes(terms: list[str], xs: list[Any]) -> None:
    """Raise unless each letter has one size (or 1)."""
    sizes: dict[str, int] = {}
    for t, x in zip(terms, xs, strict=True):
        for c, n in zip(t, shape_of(x), strict=True):
            if sizes.get(c, 1) == 1:
                sizes[c] = n
            elif n not in (1, sizes[c]):
                raise ShapeError(
                    f"einsum: index {c!r} has sizes {sizes[c]} and {n} {summarize(current_source())}"
                )


def _diagonals(x: Any, term: str) -> tuple[Any, str]:
    """Take diagonals for letters that occur twice in a term."""
    for c in sorted(set(term)):
        while term.count(c) > 1:
            from ._indexing import diagonal

            i = term.index(c)
            j = term.index(c, i + 1)
            x = diagonal(x, 0, i, j)
            term = term[:i] + term[i + 1 : j] + term[j + 1 :] + c
    return x, term


def _reduce_to(x: Any, term: str, keep: set[str]) -> tuple[Any, str]:
    """Sum over letters that nobody needs."""
    axes = tuple(d for d, c in enumerate(term) if c not in keep)
    kept = "".join(c for c in term if c in keep)
    return (_sum(x, axes, dtype=dtype_of(x)) if axes else x), kept


def _contract(x: Any, tx: str, y: Any, ty: str, keep: set[str]) -> tuple[Any, str]:
    """Contract two operands over the letters that are in neither `keep`."""
    x, tx = _diagonals(x, tx)
    y, ty = _diagonals(y, ty)
    x, tx = _reduce_to(x, tx, keep | set(ty))
    y, ty = _reduce_to(y, ty, keep | set(tx))
    x, tx = _drop_stretched(x, tx, y, ty)
    y, ty = _drop_stretched(y, ty, x, tx)
    x, tx = _reduce_to(x, tx, keep | set(ty))
    y, ty = _reduce_to(y, ty, keep | set(tx))
    batch = [c for c in tx if c in ty and c in keep]
    summed = [c for c in tx if c in ty and c not in keep]
    dims = (
        (tuple(tx.index(c) for c in summed), tuple(ty.index(c) for c in summed)),
        (tuple(tx.index(c) for c in batch), tuple(ty.index(c) for c in batch)),
    )
    free_x = [c for c in tx if c not in ty]
    free_y = [c for c in ty if c not in tx]
    return dot_general(x, y, dims), "".join(batch + free_x + free_y)


def _drop_stretched(x: Any, tx: str, y: Any, ty: str) -> tuple[Any, str]:
    """Remove an axis of length 1 whose letter is longer in the other operand."""
    drop = [
        d
        for d, c in enumerate(tx)
        if c in ty and shape_of(x)[d] == 1 and shape_of(y)[ty.index(c)] != 1
    ]
    if not drop:
        return x, tx
    shape = tuple(n for d, n in enumerate(shape_of(x)) if d not in drop)
    return sh.reshape(x, shape), "".join(c for d, c in enumerate(tx) if d not in drop)


def _finish_einsum(x: Any, term: str, result: str) -> Any:
    """Bring the last operand to the result's letters."""
    x, term = _diagonals(x, term)
    x, term = _reduce_to(x, term, set(result))
    if sorted(term) != sorted(result):
        raise ShapeError(
            f"einsum: the result {result!r} names an index that no operand has "
            f"{summarize(current_source())}"
        )
    return sh.transpose(x, tuple(term.index(c) for c in result))
