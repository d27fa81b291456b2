"""Products of Tensors, under PyTorch's names."""

from typing import Any

from .. import numpy as fnp
from .promotion import promote
from .reductions import norm as norm
from .tensor import Tensor, wrap

__all__ = [
    "addmm",
    "addmv",
    "baddbmm",
    "bmm",
    "chain_matmul",
    "det",
    "dot",
    "einsum",
    "inner",
    "inverse",
    "kron",
    "matmul",
    "mm",
    "mv",
    "norm",
    "outer",
    "tensordot",
    "trace",
    "vdot",
]


def _same_dtype(x: Tensor, y: Tensor, name: str) -> None:
    if x.dtype != y.dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {x.dtype.name} != {y.dtype.name} "
            f"(in {name}); convert with x.to(dtype)"
        )


def matmul(input: Any, other: Any) -> Any:
    """Matrix product with broadcast batch axes. See `torch.matmul`."""
    x, y = wrap(input), wrap(other)
    _same_dtype(x, y, "matmul")
    if not x.ndim or not y.ndim:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {x.ndim}D and {y.ndim}D"
        )
    inner_y = y.shape[0] if y.ndim == 1 else y.shape[-2]
    if x.shape[-1] != inner_y:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({'x'.join(map(str, x.shape))} and "
            f"{'x'.join(map(str, y.shape))})"
        )
    return wrap(fnp.matmul(x, y))


def _ranked(name: str, rank_x: int, rank_y: int) -> Any:
    def f(input: Any, other: Any) -> Any:
        x, y = wrap(input), wrap(other)
        if x.ndim != rank_x or y.ndim != rank_y:
            raise RuntimeError(
                f"{name}: expected {rank_x}D and {rank_y}D tensors, got {x.ndim}D and {y.ndim}D"
            )
        return matmul(x, y)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = f"Product of a {rank_x}-d and a {rank_y}-d Tensor. See `torch.{name}`."
    return f


mm, bmm, mv = _ranked("mm", 2, 2), _ranked("bmm", 3, 3), _ranked("mv", 2, 1)
dot = _ranked("dot", 1, 1)


def vdot(input: Any, other: Any) -> Any:
    """Inner product, the first conjugated. See `torch.vdot`."""
    return dot(wrap(fnp.conj(wrap(input))), other)


def inner(input: Any, other: Any) -> Any:
    """Sum over the last axes. See `torch.inner`."""
    return wrap(fnp.inner(*promote(input, other)))


def outer(input: Any, vec2: Any) -> Any:
    """Outer product of vectors. See `torch.outer`."""
    return wrap(fnp.outer(*promote(input, vec2)))


def kron(input: Any, other: Any) -> Any:
    """Kronecker product. See `torch.kron`."""
    return wrap(fnp.kron(*promote(input, other)))


def einsum(equation: str, *operands: Any) -> Any:
    """Sum of products by Einstein's convention. See `torch.einsum`."""
    xs = operands[0] if len(operands) == 1 and isinstance(operands[0], list | tuple) else operands
    return wrap(fnp.einsum(equation, *(wrap(x) for x in xs)))


def tensordot(a: Any, b: Any, dims: Any = 2) -> Any:
    """Contract axes of two Tensors. See `torch.tensordot`."""
    return wrap(fnp.tensordot(wrap(a), wrap(b), dims))


def trace(input: Any) -> Any:
    """Sum of the diagonal. See `torch.trace`."""
    return wrap(fnp.trace(wrap(input)))


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Return beta * input + alpha * mat1 @ mat2. See `torch.addmm`."""
    product = mm(mat1, mat2)
    product = product if alpha == 1 else product * alpha
    return product + (input if beta == 1 else input * beta)


def addmv(input: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Return beta * input + alpha * mat @ vec. See `torch.addmv`."""
    return beta * input + alpha * mv(mat, vec)


def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """Return beta * input + alpha * batch1 @ batch2. See `torch.baddbmm`."""
    return beta * input + alpha * bmm(batch1, batch2)


def chain_matmul(*matrices: Any) -> Any:
    """Product of several matrices, left to right. See `torch.chain_matmul`."""
    out = matrices[0]
    for m in matrices[1:]:
        out = mm(out, m)
    return out


def det(input: Any) -> Any:
    """Return the determinant. See `torch.det`."""
    return wrap(fnp.linalg.det(wrap(input)))


def inverse(input: Any) -> Any:
    """Return the inverse. See `torch.inverse`."""
    return wrap(fnp.linalg.inv(wrap(input)))
