"""SciPy's functions, differentiable: `special`, `linalg` and `stats`, laid out as in `jax.scipy`."""

from . import linalg as linalg
from . import special as special
from . import stats as stats

__all__ = ["linalg", "special", "stats"]
