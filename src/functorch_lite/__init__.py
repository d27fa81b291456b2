"""functorch_lite: JAX-style functional transforms for the CPU, on NumPy and numba."""

from . import compile as compile
from . import lax as lax
from . import numpy as numpy
from . import pytree as tree_util
from . import random as random
from . import scipy as scipy
from .stateful import *  # noqa: F403
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

from . import models as models  # isort: skip
from . import nn as nn  # isort: skip
from . import optim as optim  # isort: skip
from .nn.functional_call import functional_call as functional_call  # isort: skip
from .nn.functional_call import stack_module_state as stack_module_state  # isort: skip

remat = checkpoint

# Dtypes by PyTorch's names.
bool = numpy.bool_  # noqa: A001
int8, int16, int32, int64 = numpy.int8, numpy.int16, numpy.int32, numpy.int64
uint8, uint16, uint32, uint64 = numpy.uint8, numpy.uint16, numpy.uint32, numpy.uint64
float16, float32, float64 = numpy.float16, numpy.float32, numpy.float64
complex64, complex128 = numpy.complex64, numpy.complex128
half, float, double, short, int, long = float16, float32, float64, int16, int32, int64
cfloat, cdouble = complex64, complex128
