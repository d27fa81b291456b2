"""Pure functions of neural networks on arrays and tracers, behind `nn` and `nn.functional`."""

from . import (
    activations,
    adaptive_pooling,
    attention,
    convolution,
    losses,
    margins,
    normalization,
    pooling,
    softmaxes,
)
from .activations import *  # noqa: F403
from .adaptive_pooling import *  # noqa: F403
from .attention import *  # noqa: F403
from .convolution import *  # noqa: F403
from .losses import *  # noqa: F403
from .margins import *  # noqa: F403
from .normalization import *  # noqa: F403
from .pooling import *  # noqa: F403
from .softmaxes import *  # noqa: F403

_MODULES = [activations, adaptive_pooling, attention, convolution, losses, margins]
_MODULES += [normalization, pooling, softmaxes]
__all__ = [name for m in _MODULES for name in m.__all__]
