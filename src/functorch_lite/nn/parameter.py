"""Parameters: Tensors that modules register by themselves."""

from typing import Any

import numpy as np

from ..stateful.creation import get_default_dtype
from ..stateful.tensor import Tensor, _init, leaf_node

__all__ = ["Buffer", "Parameter"]


class Parameter(Tensor):
    """A Tensor that becomes a parameter of the module whose attribute it is set to.

    Parameters
    ----------
    data : Tensor or array_like
        The value; shared with a Tensor that is given.
    requires_grad : bool
        Whether it is trained.

    Examples
    --------
    >>> from functorch_lite import nn
    >>> import functorch_lite as fl
    >>> nn.Parameter(fl.ones(2))
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any = (), requires_grad: bool = True) -> None:
        if isinstance(data, Tensor):
            value = data.value
        else:
            value = np.array(data)
            if value.dtype == np.float64 and not isinstance(data, np.ndarray):
                value = value.astype(get_default_dtype())
        _init(self, value, None)
        if requires_grad:
            if value.dtype.kind not in "fc":
                raise RuntimeError(
                    "Only Tensors of floating point and complex dtype can require gradients"
                )
            self._node = leaf_node(self)


class Buffer(Tensor):
    """A Tensor that becomes a buffer of the module whose attribute it is set to.

    Parameters
    ----------
    data : Tensor or array_like
    persistent : bool
        Whether it is part of the module's ``state_dict``.
    """

    __slots__ = ()

    def __init__(self, data: Any = (), *, persistent: bool = True) -> None:
        _init(self, data.value if isinstance(data, Tensor) else np.array(data), None)
        self.persistent = persistent
