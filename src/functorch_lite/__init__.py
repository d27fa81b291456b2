"""functorch_lite: JAX-style functional transforms for the CPU, on NumPy and numba.

The functional core is imported at once. Submodules (`lax`, `nn`, `optim`, `random` ...) and the
names of the stateful layer (`tensor`, `no_grad`, `manual_seed` ...) are imported when first used.
"""

import importlib as _importlib
import sys as _sys
from importlib.util import find_spec as _find_spec
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from . import compile as compile
from . import numpy as numpy
from .errors import ConcretizationError as ConcretizationError
from .errors import DTypeError as DTypeError
from .errors import FunctorchLiteError as FunctorchLiteError
from .errors import LeakedTracerError as LeakedTracerError
from .errors import NonDifferentiableError as NonDifferentiableError
from .errors import ShapeError as ShapeError
from .errors import UnsupportedNumPyError as UnsupportedNumPyError
from .ir import is_tracer as is_tracer
from .ir import typeof as typeof
from .transforms import ShapeDtypeStruct as ShapeDtypeStruct
from .transforms import checkpoint as checkpoint
from .transforms import checkpoint_name as checkpoint_name
from .transforms import checkpoint_policies as checkpoint_policies
from .transforms import closure_convert as closure_convert
from .transforms import custom_jvp as custom_jvp
from .transforms import custom_vjp as custom_vjp
from .transforms import disable_jit as disable_jit
from .transforms import eval_shape as eval_shape
from .transforms import explain_retraces as explain_retraces
from .transforms import grad as grad
from .transforms import hessian as hessian
from .transforms import hvp as hvp
from .transforms import jacfwd as jacfwd
from .transforms import jacobian as jacobian
from .transforms import jacrev as jacrev
from .transforms import jit as jit
from .transforms import jvp as jvp
from .transforms import linear_transpose as linear_transpose
from .transforms import linearize as linearize
from .transforms import make_jaxpr as make_jaxpr
from .transforms import value_and_grad as value_and_grad
from .transforms import vjp as vjp
from .transforms import vmap as vmap

if _TYPE_CHECKING:
    from . import ad_checkpoint as ad_checkpoint
    from . import custom_derivatives as custom_derivatives
    from . import debug as debug
    from . import environment as environment
    from . import experimental as experimental
    from . import flatten_util as flatten_util
    from . import functions as functions
    from . import interop as interop
    from . import io as io
    from . import lax as lax
    from . import models as models
    from . import nn as nn
    from . import ode as ode
    from . import ops as ops
    from . import optim as optim
    from . import random as random
    from . import scipy as scipy
    from . import stateful as stateful
    from . import tree as tree
    from . import tree_util as tree_util
    from . import typing as typing
    from .custom_derivatives import custom_gradient as custom_gradient
    from .debug import debug_nans as debug_nans
    from .debug import io_callback as io_callback
    from .debug import pure_callback as pure_callback
    from .debug import safe_where as safe_where
    from .environment import *  # noqa: F403
    from .explanation import explain as explain
    from .lax import stop_gradient as stop_gradient
    from .nn.functional_call import functional_call as functional_call
    from .nn.functional_call import stack_module_state as stack_module_state
    from .stateful import *  # noqa: F403
    from .typing import Array as Array

remat = checkpoint

# What JAX has and this package has not, with the reason.
_ABSENT = {
    **dict.fromkeys(
        ["pmap", "shard_map", "smap", "make_mesh", "set_mesh", "sharding", "distributed"],
        "programs run on one CPU; vmap with axis_name has the collectives",
    ),
    **dict.fromkeys(["export", "ffi", "jax2tf"], "programs are not StableHLO"),
    "image": "functorch_lite.nn.functional.interpolate and scipy.ndimage.map_coordinates resize",
    "custom_batching": "give the function a primitive of its own, with a batch rule",
    "dtypes": "dtypes are NumPy's: numpy.issubdtype, numpy.result_type, numpy.finfo",
    "profiler": "functorch_lite.explain(f)(*args) has a table of costs and measured times",
}

# Dtypes by PyTorch's names.
bool = numpy.bool_
int8, int16, int32, int64 = numpy.int8, numpy.int16, numpy.int32, numpy.int64
uint8, uint16, uint32, uint64 = numpy.uint8, numpy.uint16, numpy.uint32, numpy.uint64
float16, float32, float64 = numpy.float16, numpy.float32, numpy.float64
complex64, complex128 = numpy.complex64, numpy.complex128
half, float, double, short, int, long = float16, float32, float64, int16, int32, int64
cfloat, cdouble = complex64, complex128

_SUBMODULES = frozenset(
    [
        "ad_checkpoint",
        "custom_derivatives",
        "debug",
        "environment",
        "experimental",
        "flatten_util",
        "functions",
        "interop",
        "io",
        "lax",
        "models",
        "nn",
        "ode",
        "ops",
        "optim",
        "random",
        "scipy",
        "stateful",
        "testing",
        "tree",
        "tree_util",
        "typing",
    ]
)
_NAMES = {
    "Array": "typing",
    "Device": "environment",
    "custom_gradient": "custom_derivatives",
    "debug_nans": "debug",
    "block_until_ready": "environment",
    "checking_leaks": "environment",
    "config": "environment",
    "default_backend": "environment",
    "default_matmul_precision": "environment",
    "device_count": "environment",
    "device_get": "environment",
    "device_put": "environment",
    "devices": "environment",
    "effects_barrier": "environment",
    "enable_x64": "environment",
    "ensure_compile_time_eval": "environment",
    "local_device_count": "environment",
    "local_devices": "environment",
    "named_call": "environment",
    "named_scope": "environment",
    "process_count": "environment",
    "process_index": "environment",
    "explain": "explanation",
    "functional_call": "nn.functional_call",
    "io_callback": "debug",
    "pure_callback": "debug",
    "safe_where": "debug",
    "stack_module_state": "nn.functional_call",
    "stop_gradient": "lax",
}


def __getattr__(name: str) -> _Any:
    """Import a submodule, or the module that a name belongs to."""
    if name in _SUBMODULES:
        return _importlib.import_module(f".{name}", __name__)
    if name in _ABSENT:
        raise AttributeError(f"functorch_lite has no {name!r}: {_ABSENT[name]}")
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _importlib.import_module(f".{_NAMES.get(name, 'stateful')}", __name__)
    if name not in _NAMES and name not in module.__all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(module, name)
    globals()[name] = value
    return value


class _WhenEinopsComes:  # (a finder by its method alone: importlib.abc takes 10 ms to import)
    """Registers with einops when it is imported after this package."""

    def find_spec(self, name: str, path: _Any = None, target: _Any = None) -> _Any:
        """Find einops as others do, and add a step to loading it."""
        if name != "einops":
            return None
        _sys.meta_path.remove(self)
        spec = _find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_register(module: _Any) -> None:
                load(module)
                _importlib.import_module(".interop", __name__).register_einops()

            spec.loader.exec_module = load_and_register  # type: ignore[method-assign]
        return spec


if "einops" in _sys.modules:
    _importlib.import_module(".interop", __name__).register_einops()
else:
    _sys.meta_path.insert(0, _WhenEinopsComes())


def __dir__() -> list[str]:
    """List what is imported and what would be."""
    stateful = _importlib.import_module(".stateful", __name__)
    return sorted({*globals(), *_SUBMODULES, *_NAMES, *stateful.__all__})
