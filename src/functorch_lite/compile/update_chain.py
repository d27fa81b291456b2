"""A weight's gradient and its update, piece by piece in the cache.

The gradient of a convolution's weights comes packed, is unpacked and read once, by the kernel that
updates the parameter. At small batches a training step is bound by the memory that this moves. So
the three become one launch: for each group of output channels its threads make the gradient,
unpack it and update the parameter. The packed gradient as a whole never exists, and the unpacked
one only if something else needs it too.
"""

from collections.abc import Sequence
from typing import Any

from ..kernels.launch import Launch, chain
from .cluster import Cluster, Dense, Fused
from .dense import conv_backward_weights_p, unpack_weights_p
from .emit import EmittedKernel
from .plan import MemoryPlan

__all__ = ["LENGTH", "chain_update", "is_update"]

LENGTH = 3
"""Steps of an update: gradient, unpacking, and the kernel that uses it."""
_LEAST_GROUPS = 2  # with fewer pieces, threads would be idle
_LEAST_BYTES = 1 << 19  # below, the gradient is in the cache anyway


def is_update(
    fused: Fused,
    plan: MemoryPlan,
    kernels: dict[Cluster, EmittedKernel],
    steps: Sequence[Any],
    at: int,
) -> bool:
    """Tell whether three steps, the program's from `at` on, can be chained."""
    if len(steps) < LENGTH:
        return False
    gradient, unpack, update = steps
    is_dense = isinstance(gradient, Dense) and isinstance(unpack, Dense)
    if not is_dense or not isinstance(update, Cluster) or update.reductions:
        return False
    if gradient.eqn.primitive is not conv_backward_weights_p:
        return False
    packed = gradient.eqn.outvars[0]
    if unpack.eqn.primitive is not unpack_weights_p or unpack.eqn.inputs[0] is not packed:
        return False
    dw, layout, kernel = unpack.eqn.outvars[0], unpack.eqn.params["layout"], kernels[update]
    reads = [view for view in kernel.reads if view.base is dw]
    return (
        gradient.eqn.params["conv"].groups == 1
        and layout.groups >= _LEAST_GROUPS
        and layout.o == layout.shape[0] * layout.shape[-1]
        and dw.aval.size * dw.aval.dtype.itemsize >= _LEAST_BYTES
        and [view.is_whole for view in reads] == [True]
        and kernel.outer == dw.aval.size
        and kernel.parallel
        and packed in plan.offsets
        and plan.last_use.get(packed) == at + 1  # nobody else reads it
        # The plan may give what is written after the gradient the memory of what that reads.
        and not any(v in plan.offsets for v in kernel.writes)
        and (dw not in plan.offsets or plan.last_use.get(dw) == at + 2)
    )


def chain_update(
    plan: MemoryPlan,
    kernels: dict[Cluster, EmittedKernel],
    steps: Sequence[Any],
    gradient: Launch,
    unpack: Launch,
    update: Launch,
) -> Launch:
    """Return one launch in the place of three; `gradient` is the one that stores the result."""
    dw = steps[1].eqn.outvars[0]
    layout = steps[1].eqn.params["layout"]
    slot = next(k for k, view in enumerate(kernels[steps[2]].reads) if view.base is dw)
    size = dw.aval.size * dw.aval.dtype.itemsize // layout.groups
    stores = 0 if gradient.kernel.name.startswith("build_weight_transform") else 2
    second = (0, slot, size) if dw in plan.offsets else (-1, -1, 0)
    links = [(stores, 1, layout.group), second]
    return chain([gradient, unpack, update], links, layout.groups)
