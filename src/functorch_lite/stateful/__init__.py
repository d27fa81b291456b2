"""The stateful layer: Tensors that record themselves, as in PyTorch.

`tensor` makes one; ``x.backward()`` fills ``.grad``; `functorch_lite.nn` and `functorch_lite.optim` build on it.
This namespace also has PyTorch's functions by their names (``stateful.cat``, ``stateful.einsum``
...); those whose names do not collide with the functional API are at the top level too.
"""

from . import autograd as autograd
from . import linalg as linalg
from .creation import *  # noqa: F403
from .creation import __all__ as _creation
from .devices import cuda as cuda
from .devices import device as device
from .elementwise import *  # noqa: F403
from .elementwise import __all__ as _elementwise
from .execution import deferred as deferred
from .execution import eager as eager
from .execution import execution_mode as execution_mode
from .execution import set_execution_mode as set_execution_mode
from .files import *  # noqa: F403
from .files import __all__ as _files
from .generator import Generator as Generator
from .generator import get_rng_state as get_rng_state
from .generator import initial_seed as initial_seed
from .generator import manual_seed as manual_seed
from .generator import set_rng_state as set_rng_state
from .hooks import RemovableHandle as RemovableHandle
from .indexing import *  # noqa: F403
from .indexing import __all__ as _indexing
from .joining import *  # noqa: F403
from .joining import __all__ as _joining
from .lazy import synchronize as synchronize
from .making import *  # noqa: F403
from .making import __all__ as _making
from .matrices import *  # noqa: F403
from .matrices import __all__ as _matrices
from .methods import allclose as allclose
from .methods import equal as equal
from .methods import log_softmax as log_softmax
from .methods import softmax as softmax
from .modes import enable_grad as enable_grad
from .modes import inference_mode as inference_mode
from .modes import is_grad_enabled as is_grad_enabled
from .modes import is_inference_mode_enabled as is_inference_mode_enabled
from .modes import no_grad as no_grad
from .modes import set_grad_enabled as set_grad_enabled
from .networks import *  # noqa: F403
from .networks import __all__ as _networks
from .printing import set_printoptions as set_printoptions
from .products import *  # noqa: F403
from .products import __all__ as _products
from .programs import execution_info as execution_info
from .promotion import get_default_dtype as get_default_dtype
from .promotion import result_type as result_type
from .promotion import set_default_dtype as set_default_dtype
from .reductions import *  # noqa: F403
from .reductions import __all__ as _reductions
from .scattering import *  # noqa: F403
from .scattering import __all__ as _scattering
from .shaping import *  # noqa: F403
from .shaping import __all__ as _shaping
from .special import *  # noqa: F403
from .special import __all__ as _special
from .splitting import *  # noqa: F403
from .splitting import __all__ as _splitting
from .statistics import *  # noqa: F403
from .statistics import __all__ as _statistics
from .tensor import FunctionalTensor as FunctionalTensor
from .tensor import Tensor as Tensor

__all__ = [*_creation, *_elementwise, *_indexing, *_joining, *_products, *_reductions, *_shaping]
__all__ += [
    *_files,
    *_making,
    *_matrices,
    *_networks,
    *_scattering,
    *_special,
    *_splitting,
    *_statistics,
]
__all__ += ["cuda", "device", "set_printoptions"]
__all__ += ["FunctionalTensor", "Generator", "RemovableHandle", "Tensor", "allclose", "autograd"]
__all__ += ["deferred", "eager", "execution_info", "execution_mode", "set_execution_mode"]
__all__ += ["synchronize"]
__all__ += ["enable_grad", "equal", "get_default_dtype", "get_rng_state", "inference_mode"]
__all__ += ["initial_seed", "is_grad_enabled", "is_inference_mode_enabled", "linalg"]
__all__ += ["log_softmax", "manual_seed", "no_grad", "result_type", "set_default_dtype"]
__all__ += ["set_grad_enabled", "set_rng_state", "softmax"]
