"""Special functions of complex numbers.

NIST DLMF (https://dlmf.nist.gov), chapters 5 and 7.
"""

from typing import Any

import numpy as np

from ..ir import Primitive, bind, dtype_of
from .arithmetic import mul, sub
from .elementwise import elementwise, full_like
from .lowering import Library
from .special_common import Partial, no_derivative

__all__ = ["complex_digamma_p", "loggamma_p", "wofz_p"]


def _complex(name: str, scipy_name: str, partial: Partial) -> Primitive:
    """Declare an elementwise primitive of complex numbers that is computed by SciPy."""

    def impl(z: Any) -> Any:
        import scipy.special

        return np.asarray(getattr(scipy.special, scipy_name)(z)).astype(dtype_of(z), copy=False)

    return elementwise(
        name, impl, kinds="complex", partials=[partial], lower=Library("scipy.special")
    )


complex_digamma_p: Primitive = _complex(
    "complex_digamma", "digamma", no_derivative("the digamma function of complex numbers", "z")
)
loggamma_p: Primitive = _complex(
    "loggamma", "loggamma", lambda t, o, z: mul(t, bind(complex_digamma_p, z))
)
wofz_p: Primitive = _complex(
    "wofz",
    "wofz",
    lambda t, o, z: mul(t, sub(full_like(z, 2j / np.sqrt(np.pi)), mul(full_like(z, 2), mul(z, o)))),
)
