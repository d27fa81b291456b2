"""Give Tensors their operators and methods: PyTorch's."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import numpy as fnp
from . import creation as cr
from . import elementwise as el
from . import filling as fi
from . import indexing as ix
from . import joining as jn
from . import making as mk
from . import matrices as mx
from . import products as pr
from . import reductions as rd
from . import reshaping as rs
from . import scattering as sc
from . import shaping as sh
from . import special as sp
from . import splitting as sl
from . import statistics as st
from .devices import CPU
from .promotion import as_operand
from .tensor import Tensor, wrap
from .views import before, write

__all__ = ["install", "stack"]

stack = jn.stack
Method = Callable[..., Any]

_OPERATORS: dict[str, Method] = {
    "add": el.add,
    "sub": el.sub,
    "mul": el.mul,
    "truediv": el.div,
    "floordiv": el.floor_divide,
    "mod": el.remainder,
    "pow": el.pow,
    "matmul": pr.matmul,
    "and": el.bitwise_and,
    "or": el.bitwise_or,
    "xor": el.bitwise_xor,
}
_COMPARISONS: dict[str, Method] = {
    "eq": el.eq,
    "ne": el.ne,
    "lt": el.lt,
    "le": el.le,
    "gt": el.gt,
    "ge": el.ge,
}
# Functions whose first argument is the Tensor, and which are methods by the same name.
_METHODS: dict[Any, str] = {
    el: (
        "abs absolute acos acosh add addcdiv addcmul angle asin asinh atan atan2 atanh bitwise_and "
        "bitwise_not bitwise_or bitwise_xor ceil clamp clamp_max clamp_min clip clone conj copysign "
        "cos cosh div divide eq erf erfc exp exp2 expm1 floor floor_divide fmod frac ge gt hypot "
        "isclose isfinite isinf isnan le lerp lgamma log log10 log1p log2 logaddexp logical_and "
        "logical_not logical_or logical_xor lt maximum minimum mul multiply nan_to_num ne neg "
        "negative pow reciprocal relu remainder round rsqrt sigmoid sign sin sinh sqrt square sub "
        "subtract tan tanh true_divide trunc"
    ),
    rd: (
        "all amax amin aminmax any argmax argmin argsort count_nonzero cumprod cumsum logsumexp max "
        "mean median min nanmean nansum norm prod sort std sum topk var"
    ),
    sh: (
        "adjoint broadcast_to chunk contiguous diagonal expand expand_as flatten movedim narrow "
        "permute ravel reshape reshape_as select split squeeze swapaxes swapdims t transpose unbind "
        "unflatten unsqueeze view view_as"
    ),
    jn: "diag flip repeat repeat_interleave roll rot90 tile tril triu",
    ix: (
        "gather index_add index_fill index_select masked_fill masked_select nonzero scatter "
        "scatter_add take take_along_dim"
    ),
    sp: (
        "arccos arccosh arcsin arcsinh arctan arctan2 arctanh bitwise_left_shift "
        "bitwise_right_shift deg2rad digamma erfinv fix float_power fmax fmin gcd greater "
        "greater_equal hardshrink heaviside i0 igamma igammac is_complex is_floating_point "
        "is_nonzero is_same_size is_signed isneginf isposinf isreal lcm ldexp less less_equal "
        "logaddexp2 logit mvlgamma nextafter not_equal positive prelu rad2deg sgn signbit sinc "
        "xlogy"
    ),
    st: (
        "bincount corrcoef cov cross cummax cummin diff dist histc kthvalue logcumsumexp mode msort "
        "nanmedian nanquantile quantile renorm unique unique_consecutive"
    ),
    sl: (
        "argwhere diag_embed diagflat dsplit fliplr flipud hsplit moveaxis narrow_copy "
        "split_with_sizes tensor_split unfold vsplit"
    ),
    sc: (
        "diagonal_scatter index_copy index_put index_reduce masked_scatter put scatter_reduce "
        "select_scatter slice_scatter"
    ),
    mx: (
        "addbmm addr cholesky cholesky_inverse cholesky_solve ger logdet matrix_exp matrix_power "
        "pinverse qr slogdet svd"
    ),
    pr: "addmm addmv baddbmm bmm det dot inner inverse kron matmul mm mv outer trace vdot",
}
# Elementwise functions and writers that also exist with an underscore, in place.
_IN_PLACE = (
    "abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv addr arccos arccosh arcsin arcsinh arctan "
    "arctan2 arctanh asin asinh atan atan2 atanh baddbmm bitwise_and bitwise_left_shift bitwise_not "
    "bitwise_or bitwise_right_shift bitwise_xor ceil clamp clamp_max clamp_min clip copysign cos "
    "cosh cumprod cumsum deg2rad digamma div divide eq erf erfc erfinv exp exp2 expm1 fix "
    "float_power floor floor_divide fmod frac gcd ge greater greater_equal gt heaviside hypot i0 "
    "igamma igammac index_add index_copy index_fill index_put index_reduce lcm ldexp le lerp less "
    "less_equal lgamma log log10 log1p log2 logical_and logical_not logical_or logical_xor logit lt "
    "masked_fill masked_scatter mul multiply mvlgamma nan_to_num ne neg negative nextafter "
    "not_equal pow put rad2deg reciprocal relu remainder renorm round rsqrt scatter scatter_add "
    "scatter_reduce sgn sigmoid sign sin sinc sinh sqrt square sub subtract tan tanh tril triu "
    "true_divide trunc xlogy"
)
_DTYPES: dict[str, Any] = {
    "float": np.float32,
    "double": np.float64,
    "half": np.float16,
    "long": np.int64,
    "int": np.int32,
    "short": np.int16,
    "char": np.int8,
    "byte": np.uint8,
    "bool": np.bool_,
    "cfloat": np.complex64,
    "cdouble": np.complex128,
}


def _identity_hash(self: Tensor) -> int:
    return id(self) >> 4


def _operator(f: Method, swap: bool = False) -> Method:
    """Return NotImplemented for operands that are no arrays or numbers."""

    def op(x: Any, y: Any) -> Any:
        if not isinstance(y, Tensor):
            try:
                y = as_operand(y)
            except TypeError:
                return NotImplemented
        return f(y, x) if swap else f(x, y)

    return op


def _in_place(f: Method, name: str) -> Method:
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        old = before(self)
        new = f(old, *args, **kwargs)
        if self.node is not None and new.dtype == np.bool_:
            # A truth value in place of a tracked number: still in the graph, with gradient 0.
            new = wrap(fnp.where(np.ones(self.shape, np.bool_), new.to(self.dtype), old))
        return write(self, new)

    method.__name__ = method.__qualname__ = f"{name}_"
    method.__doc__ = f"`{name}` in place; returns this Tensor."
    return method


def _in_place_operator(f: Method) -> Method:
    def op(x: Tensor, y: Any) -> Any:
        try:
            y = as_operand(y)
        except TypeError:
            return NotImplemented
        return write(x, f(before(x), y))

    return op


# --- methods that are no functions ------------------------------------------------------------------


def to(self: Tensor, *args: Any, **kwargs: Any) -> Any:
    """Convert to a dtype, or to the dtype of another Tensor; the only device is the CPU."""
    dtype = kwargs.get("dtype")
    cr.check_device(kwargs.get("device"))
    for a in args:
        if isinstance(a, Tensor):
            dtype = a.dtype
        elif isinstance(a, str) and a.split(":")[0] in ("cpu", "cuda", "mps", "xpu", "meta"):
            cr.check_device(a)
        elif a is not None and not isinstance(a, bool):
            dtype = a
    out = self if dtype is None else el.convert(self, dtype)
    return el.clone(out) if kwargs.get("copy") and out is self else out


def _type(self: Tensor, dtype: Any = None) -> Any:
    """Return the dtype's name, or convert."""
    return f"functorch_lite.{self.dtype.name}" if dtype is None else to(self, dtype)


def _cpu(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Return the Tensor itself."""
    return self


def _cuda(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Raise: there is no other device."""
    cr.check_device("cuda")
    return self


def _new(f: Method, takes_size: bool = True) -> Method:
    def method(self: Tensor, *args: Any, dtype: Any = None, **kwargs: Any) -> Tensor:
        return f(*args, dtype=self.dtype if dtype is None else dtype, **kwargs)

    method.__doc__ = f"`{f.__name__}` with this Tensor's dtype."
    return method


def _where(self: Tensor, condition: Any, other: Any) -> Any:
    """Keep elements where `condition` holds, else take `other`."""
    return el.where(condition, self, other)


def _iter(self: Tensor) -> Iterator[Any]:
    return iter(sh.unbind(self))


def _contains(self: Tensor, element: Any) -> bool:
    return bool(rd.any(el.eq(self, element)))


def _astype(self: Tensor, dtype: Any, copy: bool = True) -> Any:
    """Convert to a dtype (NumPy's name for `to`)."""
    return el.convert(self, dtype)


def equal(input: Tensor, other: Tensor) -> bool:
    """Tell whether two Tensors have the same shape and elements. See `torch.equal`."""
    return input.shape == other.shape and bool(np.array_equal(input.value, other.value))


def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Tell whether all elements are close. See `torch.allclose`."""
    return bool(rd.all(el.isclose(input, other, rtol, atol, equal_nan)))


def _prefixed(f: Method) -> Method:
    return lambda self, *args, **kwargs: f(self, *args, **kwargs)


_NAMED: dict[str, Method] = {
    "to": to,
    "type": _type,
    "type_as": lambda self, other: to(self, other.dtype),
    "cpu": _cpu,
    "cuda": _cuda,
    "astype": _astype,
    "fill_": fi.fill_,
    "zero_": fi.zero_,
    "copy_": fi.copy_,
    "uniform_": fi.uniform_,
    "normal_": fi.normal_,
    "random_": fi.random_,
    "bernoulli_": fi.bernoulli_,
    "where": _where,
    "equal": equal,
    "allclose": allclose,
    "new_tensor": _new(cr.tensor),
    "new_zeros": _new(cr.zeros),
    "new_ones": _new(cr.ones),
    "new_empty": _new(cr.empty),
    "new_full": _new(cr.full),
    "dim": lambda self: self.ndim,
    "ndimension": lambda self: self.ndim,
    "numel": lambda self: int(self.size),
    "nelement": lambda self: int(self.size),
    "element_size": lambda self: self.dtype.itemsize,
    "is_contiguous": rs.is_contiguous,
    "stride": rs.stride,
    "storage_offset": rs.storage_offset,
    "apply_": rs.apply_,
    "map_": rs.map_,
    "fill_diagonal_": rs.fill_diagonal_,
    "bernoulli": cr.bernoulli,
    "multinomial": cr.multinomial,
    "exponential_": mk.exponential_,
    "geometric_": mk.geometric_,
    "cauchy_": mk.cauchy_,
    "log_normal_": mk.log_normal_,
    "polygamma": lambda self, n: sp.polygamma(n, self),
    "is_inference": lambda self: self._inference,
    "get_device": lambda self: -1,
    "copy": lambda self: el.clone(self),
    "requires_grad_": Tensor.requires_grad_,
}
_PROPERTIES: dict[str, Method] = {
    "T": sh.reversed_axes,
    "mT": sh.matrix_transpose,
    "H": sh.adjoint,
    "mH": sh.adjoint,
    "real": el.real,
    "imag": el.imag,
    "is_cuda": lambda self: False,
    "is_cpu": lambda self: True,
    "is_sparse": lambda self: False,
    "is_quantized": lambda self: False,
    "device": lambda self: CPU,
    "itemsize": lambda self: self.dtype.itemsize,
    "nbytes": lambda self: self.dtype.itemsize * int(self.size),
    "names": lambda self: (None,) * self.ndim,
}


def install(cls: type = Tensor) -> None:
    """Set all operators and methods on the class."""
    for name, f in _OPERATORS.items():
        setattr(cls, f"__{name}__", _operator(f))
        setattr(cls, f"__r{name}__", _operator(f, swap=True))
        setattr(cls, f"__i{name}__", _in_place_operator(f))
    for name, f in _COMPARISONS.items():
        setattr(cls, f"__{name}__", _operator(f))
    cls.__hash__ = _identity_hash  # type: ignore[method-assign,assignment]
    special: dict[str, Method] = {
        "neg": el.neg,
        "pos": lambda x: x,
        "abs": el.abs,
        "invert": el.bitwise_not,
        "getitem": ix.getitem,
        "setitem": ix.setitem,
        "iter": _iter,
        "contains": _contains,
    }
    for name, f in special.items():
        setattr(cls, f"__{name}__", f)
    for module, names in _METHODS.items():
        for name in names.split():
            setattr(cls, name, getattr(module, name))
    functions = {n: getattr(m, n) for m, names in _METHODS.items() for n in names.split()}
    for name in _IN_PLACE.split():
        setattr(cls, f"{name}_", _in_place(functions[name], name))
    for name, f in (_NAMED | rs.IN_PLACE).items():
        setattr(cls, name, f)
    for name, d in _DTYPES.items():
        setattr(cls, name, _converter(name, d))
    for name, f in _PROPERTIES.items():
        setattr(cls, name, property(f))


def _converter(name: str, dtype: Any) -> Method:
    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        return el.convert(self, dtype)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"Convert to {np.dtype(dtype).name}."
    return method


def softmax(input: Any, dim: int, dtype: Any = None) -> Any:
    """exp(x) / sum(exp(x)) along an axis. See `torch.softmax`."""
    from ..functions import softmax as on

    return wrap(on(_as_float(input, dtype), axis=dim))


def log_softmax(input: Any, dim: int, dtype: Any = None) -> Any:
    """Logarithm of softmax, stable. See `torch.log_softmax`."""
    from ..functions import log_softmax as on

    return wrap(on(_as_float(input, dtype), axis=dim))


def _as_float(input: Any, dtype: Any) -> Any:
    x = wrap(input)
    return x if dtype is None else x.to(dtype)


_NAMED["softmax"] = softmax
_NAMED["log_softmax"] = log_softmax
install()
