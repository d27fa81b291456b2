"""`jax.lax` on the CPU: primitives as functions that promote nothing and broadcast only scalars.

``from functorch_lite import lax`` stands for ``from jax import lax``. Names, arguments and
results are JAX's, with these differences: derivatives at kinks are documented with each function,
everything is computed in the dtype of its operands whatever `precision` says, and float64 is
always on.
"""

from typing import Any as _Any

from ..errors import missing_name as _missing_name
from . import (
    _conv_shapes,
    _convolution,
    _elementwise,
    _indexing,
    _platform,
    _products,
    _ragged,
    _reduction,
    _shape,
    _sorting,
    _windows,
    collectives,
    control,
)
from . import linalg as linalg
from ._conv_shapes import *  # noqa: F403
from ._convolution import *  # noqa: F403
from ._elementwise import *  # noqa: F403
from ._indexing import *  # noqa: F403
from ._left_out import LEFT_OUT as LEFT_OUT
from ._platform import *  # noqa: F403
from ._products import *  # noqa: F403
from ._ragged import *  # noqa: F403
from ._reduction import *  # noqa: F403
from ._shape import *  # noqa: F403
from ._sorting import *  # noqa: F403
from ._windows import *  # noqa: F403
from .collectives import *  # noqa: F403
from .control import *  # noqa: F403

# Types, for annotations.
DotDimensionNumbers = tuple[tuple[_Any, _Any], tuple[_Any, _Any]]
ConvGeneralDilatedDimensionNumbers = _Any
PrecisionLike = _Any

_MODULES = [_conv_shapes, _convolution, _elementwise, _indexing, _platform, _products, _ragged]
_MODULES += [_reduction, _shape, _sorting, _windows, collectives, control]
__all__ = [name for m in _MODULES for name in m.__all__] + ["linalg"]
__all__ += ["ConvGeneralDilatedDimensionNumbers", "DotDimensionNumbers", "PrecisionLike"]


def __getattr__(name: str) -> _Any:
    """Say what to use instead of a name that JAX has and this module has not."""
    raise _missing_name(__name__, name, LEFT_OUT)
