"""Linear algebra primitives, gathered; JAX's names (`jax.lax.linalg`)."""

from .linalg_factor import cholesky as cholesky
from .linalg_factor import cholesky_p as cholesky_p
from .linalg_factor import householder_product as householder_product
from .linalg_factor import lu as lu
from .linalg_factor import lu_p as lu_p
from .linalg_factor import lu_pivots_to_permutation as lu_pivots_to_permutation
from .linalg_factor import lu_pivots_to_permutation_p as lu_pivots_to_permutation_p
from .linalg_factor import qr as qr
from .linalg_factor import qr_p as qr_p
from .linalg_functions import det as det
from .linalg_functions import det_form_p as det_form_p
from .linalg_functions import det_p as det_p
from .linalg_functions import expm as expm
from .linalg_functions import expm_p as expm_p
from .linalg_functions import pinv as pinv
from .linalg_functions import pinv_p as pinv_p
from .linalg_functions import slogdet as slogdet
from .linalg_functions import slogdet_p as slogdet_p
from .linalg_functions import sqrtm as sqrtm
from .linalg_functions import sqrtm_p as sqrtm_p
from .linalg_solve import inverse as inverse
from .linalg_solve import linear_factor_p as linear_factor_p
from .linalg_solve import linear_solve as linear_solve
from .linalg_solve import linear_solve_p as linear_solve_p
from .linalg_solve import triangular_solve as triangular_solve
from .linalg_solve import triangular_solve_p as triangular_solve_p
from .linalg_spectral import eig as eig
from .linalg_spectral import eig_p as eig_p
from .linalg_spectral import eigh as eigh
from .linalg_spectral import eigh_p as eigh_p
from .linalg_spectral import eigvalsh as eigvalsh
from .linalg_spectral import mul_zero_p as mul_zero_p
from .linalg_spectral import schur as schur
from .linalg_spectral import schur_p as schur_p
from .linalg_spectral import svd as svd
from .linalg_spectral import svd_p as svd_p
from .linalg_structured import sylvester as sylvester
from .linalg_structured import sylvester_p as sylvester_p
from .linalg_structured import tridiagonal_solve as tridiagonal_solve
from .linalg_structured import tridiagonal_solve_p as tridiagonal_solve_p

__all__ = [
    "cholesky",
    "cholesky_p",
    "det",
    "det_form_p",
    "det_p",
    "eig",
    "eig_p",
    "eigh",
    "eigh_p",
    "eigvalsh",
    "expm",
    "expm_p",
    "householder_product",
    "inverse",
    "linear_factor_p",
    "linear_solve",
    "linear_solve_p",
    "lu",
    "lu_p",
    "lu_pivots_to_permutation",
    "lu_pivots_to_permutation_p",
    "mul_zero_p",
    "pinv",
    "pinv_p",
    "qr",
    "qr_p",
    "schur",
    "schur_p",
    "slogdet",
    "slogdet_p",
    "sqrtm",
    "sqrtm_p",
    "svd",
    "svd_p",
    "sylvester",
    "sylvester_p",
    "triangular_solve",
    "triangular_solve_p",
    "tridiagonal_solve",
    "tridiagonal_solve_p",
]
