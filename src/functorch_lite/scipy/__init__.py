"""SciPy's functions, differentiable: `special`, `linalg`, `stats` and `optimize`, laid out as in `jax.scipy`."""

from . import linalg as linalg
from . import optimize as optimize
from . import special as special
from . import stats as stats

__all__ = ["linalg", "optimize", "special", "stats"]
