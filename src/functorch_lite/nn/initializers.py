"""Initialisers that take a key, under the name of `jax.nn.initializers`."""

from ..functions.initializers import *  # noqa: F403
from ..functions.initializers import Initializer as Initializer
from ..functions.initializers import __all__ as __all__
