"""Property-testing of gradients: laws, checks that name the culprit, random programs.

Names are imported when they are first used, so that the pytest plugin costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .checks import CheckError as CheckError
    from .checks import CheckReport as CheckReport
    from .checks import check_grads as check_grads
    from .checks import check_jit as check_jit
    from .checks import check_jvp as check_jvp
    from .checks import check_laws as check_laws
    from .checks import check_vjp as check_vjp
    from .checks import check_vmap as check_vmap
    from .culprit import Culprit as Culprit
    from .generate import RandomProgram as RandomProgram
    from .generate import random_program as random_program
    from .laws import LAWS as LAWS
    from .laws import Law as Law
    from .laws import LawViolation as LawViolation
    from .laws import law_named as law_named
    from .opspecs import OPSPECS as OPSPECS
    from .opspecs import OpSpec as OpSpec
    from .program import jaxpr_of as jaxpr_of
    from .program import prim as prim
    from .program import program_source as program_source
    from .reduce import reduce_program as reduce_program
    from .stacks import check_stack as check_stack
    from .stacks import check_transforms as check_transforms
    from .strategies import given_function as given_function
    from .verify import check_primitive as check_primitive

_HOME = {
    "CheckError": "checks",
    "CheckReport": "checks",
    "Culprit": "culprit",
    "LAWS": "laws",
    "Law": "laws",
    "LawViolation": "laws",
    "OPSPECS": "opspecs",
    "OpSpec": "opspecs",
    "RandomProgram": "generate",
    "check_grads": "checks",
    "check_jit": "checks",
    "check_jvp": "checks",
    "check_laws": "checks",
    "check_primitive": "verify",
    "check_stack": "stacks",
    "check_transforms": "stacks",
    "check_vjp": "checks",
    "check_vmap": "checks",
    "given_function": "strategies",
    "jaxpr_of": "program",
    "law_named": "laws",
    "prim": "program",
    "program_source": "program",
    "random_program": "generate",
    "reduce_program": "reduce",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    """Import a public name, or a module of this package, when it is first used."""
    home = _HOME.get(name)
    if home is not None:
        value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
        globals()[name] = value
        return value
    if name in ("strategies", "fuzz", "opspecs", "samples"):
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
