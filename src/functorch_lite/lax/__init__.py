"""`jax.lax` on the CPU: primitives as functions that promote nothing and broadcast only scalars.

``from functorch_lite import lax`` stands for ``from jax import lax``. Names, arguments and
results are JAX's, with these differences: derivatives at kinks are documented with each function,
everything is computed in the dtype of its operands whatever `precision` says, and float64 is
always on.
"""

from . import _convolution, _elementwise, _indexing, _reduction, _shape, collectives, control
from . import linalg as linalg
from ._convolution import *  # noqa: F403
from ._elementwise import *  # noqa: F403
from ._indexing import *  # noqa: F403
from ._reduction import *  # noqa: F403
from ._shape import *  # noqa: F403
from .collectives import *  # noqa: F403
from .control import *  # noqa: F403

_MODULES = [_convolution, _elementwise, _indexing, _reduction, _shape, collectives, control]
__all__ = [name for m in _MODULES for name in m.__all__] + ["linalg"]
