"""Linear algebra primitives, gathered; JAX's names (`jax.lax.linalg`)."""

from . import linalg_factor, linalg_functions, linalg_solve, linalg_spectral
from .linalg_factor import *  # noqa: F403
from .linalg_functions import *  # noqa: F403
from .linalg_solve import *  # noqa: F403
from .linalg_spectral import *  # noqa: F403

__all__ = [
    *linalg_factor.__all__,
    *linalg_functions.__all__,
    *linalg_solve.__all__,
    *linalg_spectral.__all__,
]
