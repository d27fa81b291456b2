"""Random numbers from explicit keys, as in `jax.random`: ``from functorch_lite import random``.

The same seed gives the same keys and, for integers, bit for bit the same numbers as JAX (its
Threefry-2x32 generator, ``jax_threefry_partitionable``); floats agree to rounding. Where JAX's
default is float32, float64 is the default here, as with JAX's ``jax_enable_x64``.

Keys are uint32 arrays of shape (2,); arrays of keys have shape (..., 2).
"""

from typing import Any as _Any

from ..errors import missing_name as _missing_name
from . import _choice, _continuous, _discrete, _gamma, _keys, _multivariate, _uniform
from ._choice import *  # noqa: F403
from ._continuous import *  # noqa: F403
from ._discrete import *  # noqa: F403
from ._gamma import *  # noqa: F403
from ._keys import *  # noqa: F403
from ._multivariate import *  # noqa: F403
from ._uniform import *  # noqa: F403

_MODULES = [_choice, _continuous, _discrete, _gamma, _keys, _multivariate, _uniform]
__all__ = [name for m in _MODULES for name in m.__all__]

# Names of jax.random that are not here, and what to use.
LEFT_OUT = {"key_dtype": "keys are uint32 arrays of shape (2,); use keys.dtype"}


def __getattr__(name: str) -> _Any:
    """Say what to use instead of a name that JAX has and this module has not."""
    raise _missing_name(__name__, name, LEFT_OUT)
