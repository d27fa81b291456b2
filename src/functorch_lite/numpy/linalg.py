"""Linear algebra: `numpy.linalg`, differentiable.

On plain arrays NumPy itself is called, and singular or indefinite matrices raise LinAlgError. While
tracing no exception can depend on values: the results are NaN or infinite for those matrices.

Derivatives with respect to Hermitian matrices are those of the Hermitian part.
"""

from numpy.linalg import LinAlgError as LinAlgError

from ._linalg_common import EighResult as EighResult
from ._linalg_common import EigResult as EigResult
from ._linalg_common import QRResult as QRResult
from ._linalg_common import SlogdetResult as SlogdetResult
from ._linalg_common import SVDResult as SVDResult
from ._linalg_factor import cholesky as cholesky
from ._linalg_factor import cond as cond
from ._linalg_factor import det as det
from ._linalg_factor import eig as eig
from ._linalg_factor import eigh as eigh
from ._linalg_factor import eigvals as eigvals
from ._linalg_factor import eigvalsh as eigvalsh
from ._linalg_factor import matrix_rank as matrix_rank
from ._linalg_factor import qr as qr
from ._linalg_factor import slogdet as slogdet
from ._linalg_factor import svd as svd
from ._linalg_factor import svdvals as svdvals
from ._linalg_products import cross as cross
from ._linalg_products import diagonal as diagonal
from ._linalg_products import multi_dot as multi_dot
from ._linalg_products import outer as outer
from ._linalg_products import trace as trace
from ._linalg_systems import inv as inv
from ._linalg_systems import lstsq as lstsq
from ._linalg_systems import matrix_power as matrix_power
from ._linalg_systems import pinv as pinv
from ._linalg_systems import solve as solve
from ._linalg_systems import tensorinv as tensorinv
from ._linalg_systems import tensorsolve as tensorsolve
from ._manipulation import matrix_transpose as matrix_transpose
from ._norms import matrix_norm as matrix_norm
from ._norms import norm as norm
from ._norms import vector_norm as vector_norm
from ._products import matmul as matmul
from ._products import tensordot as tensordot
from ._products import vecdot as vecdot

__all__ = [
    "EigResult",
    "EighResult",
    "LinAlgError",
    "QRResult",
    "SVDResult",
    "SlogdetResult",
    "cholesky",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "lstsq",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "tensorinv",
    "tensorsolve",
    "trace",
    "vecdot",
    "vector_norm",
]
