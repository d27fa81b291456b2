"""One row for each primitive: how to test it, or why it is tested elsewhere."""

import importlib
import pkgutil
from collections.abc import Callable

from ... import prims
from ...ir import REGISTRY
from ...transforms import control as _control_flow
from .base import Domain as Domain
from .base import Operand as Operand
from .base import OpSpec as OpSpec
from .base import Sample as Sample
from .control import SPECS as _CONTROL
from .elementwise import SPECS as _ELEMENTWISE
from .linalg import SPECS as _LINALG
from .structure import SPECS as _STRUCTURE

__all__ = ["EXEMPT", "OPSPECS", "Domain", "OpSpec", "Operand", "Sample", "missing_opspecs"]

# Some families are loaded when they are first used; here all must be known.
for _package in (prims, _control_flow):
    for _module in pkgutil.iter_modules(_package.__path__, _package.__name__ + "."):
        importlib.import_module(_module.name)

OPSPECS: dict[str, OpSpec] = {
    spec.name: spec for spec in (*_ELEMENTWISE, *_STRUCTURE, *_LINALG, *_CONTROL)
}

# Primitives without a row of their own, and why that is no gap.
EXEMPT: dict[str, str] = {
    "custom_lin": "what custom_vjp_call linearizes to; its row applies every rule of it",
    "counted": "what while linearizes to; its row applies every rule of it",
    "debug_callback": "calls a Python function for its side effect; tests/debug covers it",
    "io_callback": "calls a Python function for its side effect; tests/debug covers it",
    "pure_callback": "calls a Python function, which has no derivative; tests/debug covers it",
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
