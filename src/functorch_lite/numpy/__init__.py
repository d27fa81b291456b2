"""The NumPy and Array API namespace: ``from functorch_lite import numpy as np``.

Functions take and return NumPy arrays, or tracers while something is being transformed. Each
module exports its functions with ``__all__``; this file gathers them. The core is imported at
once, the rest (`_lazy`) when a name of it is first used, so that importing stays quick.
"""

import importlib as _importlib
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

import numpy as _np

from ..errors import missing_name as _missing_name
from . import (
    _comparison,
    _creation,
    _elementwise,
    _interop,
    _joining,
    _manipulation,
    _operators,
    _products,
    _reductions,
)
from ._array import Array as Array
from ._array import creates_arrays as _creates_arrays
from ._comparison import *  # noqa: F403
from ._creation import *  # noqa: F403
from ._elementwise import *  # noqa: F403
from ._joining import *  # noqa: F403
from ._lazy import LAZY as _LAZY
from ._left_out import LEFT_OUT as LEFT_OUT
from ._manipulation import *  # noqa: F403
from ._products import *  # noqa: F403
from ._promotion import broadcast_shapes as broadcast_shapes
from ._promotion import result_type as result_type
from ._reductions import *  # noqa: F403

if _TYPE_CHECKING:
    from . import fft as fft
    from . import linalg as linalg
    from ._bits import *  # noqa: F403
    from ._cumulative import *  # noqa: F403
    from ._diagonal import *  # noqa: F403
    from ._functional import *  # noqa: F403
    from ._grids import *  # noqa: F403
    from ._histogram import *  # noqa: F403
    from ._indexing import *  # noqa: F403
    from ._nan_reductions import *  # noqa: F403
    from ._numeric import *  # noqa: F403
    from ._polynomial import *  # noqa: F403
    from ._quantile import *  # noqa: F403
    from ._reading import *  # noqa: F403
    from ._rearrange import *  # noqa: F403
    from ._search import *  # noqa: F403
    from ._sets import *  # noqa: F403
    from ._sorting import *  # noqa: F403
    from ._statistics import *  # noqa: F403
    from ._windows import *  # noqa: F403

pi, e, inf, nan, newaxis = _np.pi, _np.e, _np.inf, _np.nan, None
euler_gamma = _np.euler_gamma
__array_api_version__ = "2024.12"
__array_namespace_info__ = _np.__array_namespace_info__
ndarray, dtype, finfo, iinfo = _np.ndarray, _np.dtype, _np.finfo, _np.iinfo
bool_ = bool = _np.bool_
int8, int16, int32, int64 = _np.int8, _np.int16, _np.int32, _np.int64
uint8, uint16, uint32, uint64 = _np.uint8, _np.uint16, _np.uint32, _np.uint64
float16, float32, float64 = _np.float16, _np.float32, _np.float64
complex64, complex128 = _np.complex64, _np.complex128
single, double, float_ = float32, float64, float64
csingle, cdouble, complex_ = complex64, complex128, complex128
int_, uint = int64, uint64
generic, number, inexact, floating = _np.generic, _np.number, _np.inexact, _np.floating
integer, signedinteger, unsignedinteger = _np.integer, _np.signedinteger, _np.unsignedinteger
complexfloating, flexible, character = _np.complexfloating, _np.flexible, _np.character
object_, ComplexWarning = _np.object_, _np.exceptions.ComplexWarning

_CORE = [_comparison, _elementwise, _reductions, _creation, _manipulation, _joining, _products]
_MODULE_OF = {name: module for module, names in _LAZY.items() for name in names}
__all__ = [name for m in _CORE for name in m.__all__]
__all__ += list(_MODULE_OF)
__all__ += ["Array", "broadcast_shapes", "fft", "linalg", "result_type"]
__all__ += ["bool_", "complex64", "complex128", "dtype", "e", "finfo", "float16", "float32"]
__all__ += ["float64", "iinfo", "inf", "int8", "int16", "int32", "int64", "nan", "ndarray"]
__all__ += ["newaxis", "pi", "uint8", "uint16", "uint32", "uint64", "euler_gamma"]
__all__ += ["single", "double", "float_", "csingle", "cdouble", "complex_", "int_", "uint"]
__all__ += ["generic", "number", "inexact", "floating", "integer", "signedinteger"]
__all__ += ["unsignedinteger", "complexfloating", "flexible", "character", "object_"]
__all__ += ["ComplexWarning"]

# Arrays that are created here have `.at` and may be indexed by tracers; see `_array`.
globals().update({name: _creates_arrays(getattr(_creation, name)) for name in _creation.__all__})
_CREATORS = ("frombuffer", "fromiter", "indices", "tri")


def __getattr__(name: str) -> _Any:
    """Import the module that holds `name`."""
    if name in ("fft", "linalg"):
        return _importlib.import_module(f".{name}", __name__)
    module = _MODULE_OF.get(name)
    if module is None:
        raise _missing_name(__name__, name, LEFT_OUT)
    value = getattr(_importlib.import_module(f".{module}", __name__), name)
    value = _creates_arrays(value) if name in _CREATORS else value
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List what is imported and what would be."""
    return sorted({*globals(), *__all__})


_operators.install()
_interop.install()
