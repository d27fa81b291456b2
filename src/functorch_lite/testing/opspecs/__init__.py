"""One row for each primitive: how to test it, or why it is tested elsewhere."""

from collections.abc import Callable

from ...ir import REGISTRY
from .base import Domain as Domain
from .base import Operand as Operand
from .base import OpSpec as OpSpec
from .base import Sample as Sample
from .control import SPECS as _CONTROL
from .elementwise import SPECS as _ELEMENTWISE
from .linalg import SPECS as _LINALG
from .structure import SPECS as _STRUCTURE

__all__ = ["EXEMPT", "OPSPECS", "Domain", "OpSpec", "Operand", "Sample", "missing_opspecs"]

OPSPECS: dict[str, OpSpec] = {
    spec.name: spec for spec in (*_ELEMENTWISE, *_STRUCTURE, *_LINALG, *_CONTROL)
}

# Primitives without a row of their own, and why that is no gap.
EXEMPT: dict[str, str] = {
    "custom_lin": "what custom_vjp_call linearizes to; its row applies every rule of it",
    "counted": "what while linearizes to; its row applies every rule of it",
    "random_consume": "counts the uses of a key as a side effect; tests/random covers it",
    "random_clone": "resets the use counter of a key; tests/random covers it",
}


def missing_opspecs(mine: Callable[[str], bool] = lambda name: True) -> list[str]:
    """Return the registered primitives of this package that have neither a row nor a reason.

    Examples
    --------
    >>> missing_opspecs()
    []
    """
    package = __name__.split(".")[0]
    return [
        name
        for name, p in REGISTRY.items()
        if name not in OPSPECS
        and name not in EXEMPT
        and p.abstract_eval.__module__.split(".")[0] == package
        and mine(name)
    ]
