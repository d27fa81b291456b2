"""SciPy's functions, differentiable: `special`, `linalg`, `stats`, `optimize` and `sparse`, laid out as in `jax.scipy`."""

from . import linalg as linalg
from . import optimize as optimize
from . import sparse as sparse
from . import special as special
from . import stats as stats

__all__ = ["linalg", "optimize", "sparse", "special", "stats"]
