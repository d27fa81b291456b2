"""Special functions, gathered; implementations are SciPy's."""

from .hypergeometric import hyp1f1_p as hyp1f1_p
from .hypergeometric import hyp1f1_sensitivity_p as hyp1f1_sensitivity_p
from .hypergeometric import hyp2f1_p as hyp2f1_p
from .hypergeometric import hyp2f1_sensitivity_p as hyp2f1_sensitivity_p
from .special_complex import complex_digamma_p as complex_digamma_p
from .special_complex import loggamma_p as loggamma_p
from .special_complex import wofz_p as wofz_p
from .special_functions import bessel_i0_p as bessel_i0_p
from .special_functions import bessel_i0e_p as bessel_i0e_p
from .special_functions import bessel_i1_p as bessel_i1_p
from .special_functions import bessel_i1e_p as bessel_i1e_p
from .special_functions import cosine_integral_p as cosine_integral_p
from .special_functions import dawsn_p as dawsn_p
from .special_functions import erfcx_p as erfcx_p
from .special_functions import exp1_p as exp1_p
from .special_functions import expi_p as expi_p
from .special_functions import expn_p as expn_p
from .special_functions import fresnel_c_p as fresnel_c_p
from .special_functions import fresnel_s_p as fresnel_s_p
from .special_functions import log_ndtr_p as log_ndtr_p
from .special_functions import ndtri_p as ndtri_p
from .special_functions import owens_t_p as owens_t_p
from .special_functions import sine_integral_p as sine_integral_p
from .special_functions import spence_p as spence_p
from .special_functions import xlog1py_p as xlog1py_p
from .special_functions import xlogy_p as xlogy_p
from .special_functions import zeta_p as zeta_p
from .special_gamma import betainc_sensitivity as betainc_sensitivity
from .special_gamma import betainc_sensitivity_p as betainc_sensitivity_p
from .special_gamma import betaln_p as betaln_p
from .special_gamma import binom_p as binom_p
from .special_gamma import digamma as digamma
from .special_gamma import digamma_p as digamma_p
from .special_gamma import gamma_p as gamma_p
from .special_gamma import igamma_p as igamma_p
from .special_gamma import igamma_sensitivity as igamma_sensitivity
from .special_gamma import igamma_sensitivity_p as igamma_sensitivity_p
from .special_gamma import igammac_p as igammac_p
from .special_gamma import lgamma_p as lgamma_p
from .special_gamma import poch_p as poch_p
from .special_gamma import polygamma as polygamma
from .special_gamma import polygamma_p as polygamma_p
from .special_gamma import random_gamma_grad as random_gamma_grad
from .special_gamma import regularized_incomplete_beta_p as regularized_incomplete_beta_p

__all__ = [
    "bessel_i0_p",
    "bessel_i0e_p",
    "bessel_i1_p",
    "bessel_i1e_p",
    "betainc_sensitivity",
    "betainc_sensitivity_p",
    "betaln_p",
    "binom_p",
    "complex_digamma_p",
    "cosine_integral_p",
    "dawsn_p",
    "digamma",
    "digamma_p",
    "erfcx_p",
    "exp1_p",
    "expi_p",
    "expn_p",
    "fresnel_c_p",
    "fresnel_s_p",
    "gamma_p",
    "hyp1f1_p",
    "hyp1f1_sensitivity_p",
    "hyp2f1_p",
    "hyp2f1_sensitivity_p",
    "igamma_p",
    "igamma_sensitivity",
    "igamma_sensitivity_p",
    "igammac_p",
    "lgamma_p",
    "log_ndtr_p",
    "loggamma_p",
    "ndtri_p",
    "owens_t_p",
    "poch_p",
    "polygamma",
    "polygamma_p",
    "random_gamma_grad",
    "regularized_incomplete_beta_p",
    "sine_integral_p",
    "spence_p",
    "wofz_p",
    "xlog1py_p",
    "xlogy_p",
    "zeta_p",
]
