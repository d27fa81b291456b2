"""A weight's gradient and its update, piece by piece in the cache.

The gradient of a convolution's weights comes packed, is unpacked and read once, by the kernel that
updates the parameter. At small batches a training step is bound by the memory that this moves. So
the three become one launch: for each group of output channels its threads make the gradient,
unpack it and update the parameter. The packed gradient as a whole never exists, and the unpacked
one only if something else needs it too. A gradient that is not packed goes without the second step.
"""

from collections.abc import Sequence
from typing import Any

from ..ir import Eqn, Var
from ..kernels.launch import Launch, chain
from .cluster import Cluster, Dense, Fused
from .columns import column_conv, columns_backward_weights_p
from .dense import conv_backward_weights_p, unpack_weights_p
from .emit import EmittedKernel
from .plan import MemoryPlan

__all__ = ["chain_update", "update_steps"]

_LEAST_GROUPS = 2  # with fewer pieces, threads would be idle
_LEAST_BYTES = 1 << 19  # below, the gradient is in the cache anyway


def update_steps(
    fused: Fused, plan: MemoryPlan, kernels: dict[Cluster, EmittedKernel], at: int
) -> list[Any]:
    """Return the program's steps from `at` on that can be chained, none if they are no update."""
    gradient = fused.steps[at]
    if not isinstance(gradient, Dense):
        return []
    if gradient.eqn.primitive is columns_backward_weights_p:
        steps = fused.steps[at : at + 2]
        pieces = _column_pieces(gradient.eqn)
    elif gradient.eqn.primitive is conv_backward_weights_p:
        steps = fused.steps[at : at + 3]
        pieces = _packed_pieces(plan, steps, at)
    else:
        return []
    update = steps[-1]
    if pieces < _LEAST_GROUPS or not isinstance(update, Cluster) or update.reductions:
        return []
    dw, kernel, end = _weights(steps), kernels[update], at + len(steps) - 1
    reads = [view for view in kernel.reads if view.base is dw]
    fits = (
        dw.aval.size * dw.aval.dtype.itemsize >= _LEAST_BYTES
        and [view.is_whole for view in reads] == [True]
        and kernel.outer == dw.aval.size
        and kernel.parallel
        # The plan may give what is written after the gradient the memory of what that reads.
        and not any(v in plan.offsets for v in kernel.writes)
        and (dw not in plan.offsets or plan.last_use.get(dw) == end)
    )
    return steps if fits else []


def _weights(steps: Sequence[Any]) -> Var:
    """Return the gradient in the ordinary layout."""
    dw: Var = steps[-2].eqn.outvars[0]
    return dw


def _column_pieces(gradient: Eqn) -> int:
    """Return into how many pieces a gradient falls that is not packed."""
    spec = gradient.params["conv"]
    return int(spec.oc // column_conv(spec).gradient_rows)


def _packed_pieces(plan: MemoryPlan, steps: Sequence[Any], at: int) -> int:
    """Return into how many pieces a packed gradient falls, 0 if it cannot be unpacked by pieces."""
    if len(steps) < 3 or not isinstance(steps[1], Dense):
        return 0
    gradient, unpack = steps[0].eqn, steps[1].eqn
    packed = gradient.outvars[0]
    if unpack.primitive is not unpack_weights_p or unpack.inputs[0] is not packed:
        return 0
    layout = unpack.params["layout"]
    fits = (
        gradient.params["conv"].groups == 1
        and layout.o == layout.shape[0] * layout.shape[-1]
        and packed in plan.offsets
        and plan.last_use.get(packed) == at + 1  # nobody else reads it
    )
    return int(layout.groups) if fits else 0


def chain_update(
    plan: MemoryPlan,
    kernels: dict[Cluster, EmittedKernel],
    steps: Sequence[Any],
    launches: Sequence[Launch],
) -> Launch:
    """Return one launch in the place of several; the first is the one that stores the gradient."""
    gradient, dw = launches[0], _weights(steps)
    slot = next(k for k, view in enumerate(kernels[steps[-1]].reads) if view.base is dw)
    links = []
    if len(steps) == 2:
        pieces = _column_pieces(steps[0].eqn)
    else:
        layout = steps[1].eqn.params["layout"]
        pieces = layout.groups
        stores = 0 if gradient.kernel.name.startswith("build_weight_transform") else 2
        links.append((stores, 1, layout.group))
    size = dw.aval.size * dw.aval.dtype.itemsize // pieces
    stores = 2 if len(steps) == 2 else 0
    links.append((stores, slot, size) if dw in plan.offsets else (-1, -1, 0))
    return chain(launches, links, pieces)
