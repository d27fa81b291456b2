"""The primitives, one family a file; each primitive's rules stand in one block."""

from . import logical as logical  # noqa: I001  (families in order of dependence)
from . import arithmetic as arithmetic
from . import shape as shape
from . import reduction as reduction
from . import transcendental as transcendental
from . import complexes as complexes
from . import dot as dot
from . import conv as conv
from . import indexing as indexing
from . import scatter as scatter
from . import sorting as sorting
from . import cumulative as cumulative
from . import searching as searching
from . import window as window
from . import linalg as linalg
from . import batchnorm as batchnorm
from . import fft as fft
from . import special as special
from . import collective as collective
from . import bits as bits
from . import random as random
