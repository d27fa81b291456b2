"""Neural networks: layers with state, and the functions behind them.

Layers are PyTorch's (``nn.Conv2d``, ``nn.Linear`` ...), `functional` has them as functions with
PyTorch's arguments. The lower-case names of this namespace (``nn.relu``, ``nn.softmax``,
``nn.one_hot`` ...) are the functions of JAX's ``jax.nn``, for arrays, tracers and Tensors alike.
"""

import importlib as _importlib
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from .. import functions as _functions
from ..errors import missing_name as _missing_name
from . import functional as functional
from . import init as init
from . import utils as utils
from ._lift import lift as _lift
from .activation import *  # noqa: F403
from .activation import __all__ as _activation
from .attention import MultiheadAttention as MultiheadAttention
from .containers import *  # noqa: F403
from .containers import __all__ as _containers
from .conv import Conv1d as Conv1d
from .conv import Conv2d as Conv2d
from .conv import Conv3d as Conv3d
from .conv import ConvTranspose1d as ConvTranspose1d
from .conv import ConvTranspose2d as ConvTranspose2d
from .conv import ConvTranspose3d as ConvTranspose3d
from .dropout import *  # noqa: F403
from .dropout import __all__ as _dropout
from .functional_call import functional_call as functional_call
from .functional_call import stack_module_state as stack_module_state
from .linear import *  # noqa: F403
from .linear import __all__ as _linear
from .loss import *  # noqa: F403
from .loss import __all__ as _loss
from .module import Module as Module
from .norm import *  # noqa: F403
from .norm import __all__ as _norm
from .padding import *  # noqa: F403
from .padding import __all__ as _padding
from .parameter import Buffer as Buffer
from .parameter import Parameter as Parameter
from .pooling import *  # noqa: F403
from .pooling import __all__ as _pooling
from .rearranging import *  # noqa: F403
from .rearranging import __all__ as _rearranging
from .recurrent import *  # noqa: F403
from .recurrent import __all__ as _recurrent
from .sparse import Embedding as Embedding
from .transformer import *  # noqa: F403
from .transformer import __all__ as _transformer
from .utils import summary as summary

# The functions of jax.nn (and those of `functional` whose arguments are the same there).
_JAX = [
    "celu",
    "dot_product_attention",
    "elu",
    "gelu",
    "glu",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "identity",
    "leaky_relu",
    "log1mexp",
    "log_sigmoid",
    "log_softmax",
    "logmeanexp",
    "logsumexp",
    "mish",
    "one_hot",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_sign",
    "softmax",
    "softplus",
    "sparse_plus",
    "sparse_sigmoid",
    "squareplus",
    "standardize",
    "swish",
]
globals().update({name: _lift(getattr(_functions, name)) for name in _JAX})
tanh = functional.tanh

__all__ = [*_activation, *_containers, *_dropout, *_linear, *_loss, *_norm, *_pooling, *_JAX]
__all__ += [*_padding, *_rearranging, *_recurrent, *_transformer]
__all__ += ["Buffer", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d"]
__all__ += ["ConvTranspose3d", "Embedding", "Module", "MultiheadAttention", "Parameter"]
__all__ += [
    "functional",
    "functional_call",
    "init",
    "initializers",
    "stack_module_state",
    "summary",
    "tanh",
    "utils",
]

# Names of jax.nn that are not here, and what to use.
LEFT_OUT = dict.fromkeys(
    ["get_scaled_dot_general_config", "scaled_dot_general", "scaled_matmul"],
    "NumPy has no 8-bit floats; use functorch_lite.lax.dot_general on float32",
)


if _TYPE_CHECKING:
    from . import initializers as initializers


def __getattr__(name: str) -> _Any:
    """Import `initializers`, or say what to use instead of a name that only JAX has."""
    if name == "initializers":
        return _importlib.import_module(".initializers", __name__)
    raise _missing_name(__name__, name, LEFT_OUT)
