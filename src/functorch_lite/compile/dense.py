"""The compiler's own primitives: dense kernels on blocked buffers.

The layout pass (`blocked`) rewrites convolutions, normalisations and poolings into equations of
these primitives. Their lowering, `Native`, makes the launches of `functorch_lite.kernels`.
Nobody interprets, differentiates or maps them.

A blocked var has the aval ``[n, c / 16, h, w, 16]``, the logical interior; its memory has the
halo that its `Layout` says.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from ..ir import Eqn, Primitive, ShapedArray, Var, unsupported
from ..kernels import batchnorm
from ..kernels.conv import Conv2dPlan
from ..kernels.conv_direct import Epilogue
from ..kernels.conv_tables import Geometry
from ..kernels.depthwise import (
    depthwise_backward_data_launch,
    depthwise_backward_weights_launch,
    depthwise_launch,
)
from ..kernels.host import BLOCK, host_lanes
from ..kernels.launch import Launch
from ..kernels.layout import (
    Halo,
    Layout,
    WeightLayout,
    pack_launch,
    pack_weights_launch,
    unpack_launch,
    unpack_weights_launch,
)
from ..kernels.pool import Pool2d

__all__ = [
    "Buffers",
    "ConvSpec",
    "Native",
    "batch_norm_backward_p",
    "batch_norm_p",
    "conv_backward_data_p",
    "conv_backward_weights_p",
    "conv_forward_p",
    "early_plan",
    "depthwise_backward_data_p",
    "depthwise_backward_weights_p",
    "depthwise_forward_p",
    "pack_p",
    "pack_weights_p",
    "plan_conv",
    "is_gradient",
    "native_primitive",
    "needed_halo",
    "optional_storage",
    "pool_backward_p",
    "pool_forward_p",
    "transform_weights_p",
    "unpack_p",
    "unpack_weights_p",
]

Array = np.ndarray[Any, Any]
Pair = tuple[int, int]


class Buffers(Protocol):
    """Where the vars of a step live."""

    def read(self, v: Any) -> Array:
        """Return an operand as an array of its aval's shape, of any strides."""

    def storage(self, v: Any) -> Array:
        """Return the memory of a var: contiguous, with halo."""

    def layout(self, v: Any) -> Layout:
        """Return the layout of a blocked var."""


@dataclass(frozen=True)
class Native:
    """Lowering to launches of dense kernels.

    Attributes
    ----------
    launches : callable
    gradient : bool
        Whether the equation belongs to a gradient of one of the layers.
    """

    launches: Callable[[Eqn, Buffers], list[Launch]]
    gradient: bool = False


@dataclass(frozen=True)
class ConvSpec:
    """A two-dimensional convolution, apart from its buffers.

    Attributes
    ----------
    n, c, oc, groups : int
    geometry : Geometry
    dtype : str
    precision : str
        ``"default"``, ``"high"`` or ``"highest"``, see `functorch_lite.kernels.conv.Precision`.
    threads : int
        How many will share the work.
    """

    n: int
    c: int
    oc: int
    geometry: Geometry
    groups: int
    dtype: str
    precision: str
    threads: int

    def __repr__(self) -> str:
        g = self.geometry
        return (
            f"{self.n}x{self.c}x{g.h}x{g.w}->{self.oc}x{g.out_h}x{g.out_w} kernel {g.kh}x{g.kw} "
            f"stride {g.stride} groups {self.groups}"
        )


@lru_cache(maxsize=1024)
def plan_conv(
    spec: ConvSpec,
    x_layout: Layout | None,
    y_layout: Layout | None,
    dx_layout: Layout | None = None,
    frozen: bool = False,
    lanes: int = 0,
) -> Conv2dPlan:
    """Return the plan of a convolution between buffers; `lanes` is part of the key only."""
    g = spec.geometry
    return Conv2dPlan(
        spec.n, spec.c, g.h, g.w, spec.oc, g.kh, g.kw, g.stride, g.padding, g.dilation,
        spec.groups, spec.dtype, spec.precision, spec.threads, x_layout, y_layout, frozen,  # type: ignore[arg-type]
        dx_layout,
    )  # fmt: skip


def conv_plan(eqn: Eqn, layout: Callable[[Any], Layout]) -> Conv2dPlan:
    """Return the plan of one of the three convolution primitives."""
    spec, name, lanes = eqn.params["conv"], eqn.primitive.name, host_lanes()
    if name == "conv_forward":
        x, y, frozen = layout(eqn.inputs[0]), layout(eqn.outvars[0]), eqn.params["frozen"]
        return plan_conv(_forward_spec(spec, frozen), x, y, frozen=frozen, lanes=lanes)
    if name == "conv_backward_weights":
        return plan_conv(spec, layout(eqn.inputs[0]), layout(eqn.inputs[1]), lanes=lanes)
    dx = layout(eqn.outvars[0])
    x = Layout(dx.n, dx.c, dx.h, dx.w, spec.geometry.x_halo, dx.block, dx.dtype)
    return plan_conv(spec, x, layout(eqn.inputs[0]), dx, lanes=lanes)


def _forward_spec(spec: ConvSpec, frozen: bool) -> ConvSpec:
    """Return the convolution of a forward pass; of one with gradients if weights are not frozen.

    There F(4 x 4) is too inexact: what it adds to the error of an activation flips ReLUs that are
    near zero, and each moves gradients by a thousandth or more.
    """
    return spec if frozen or spec.precision != "default" else replace(spec, precision="high")


def workspace_bytes(eqn: Eqn, layout: Callable[[Any], Layout]) -> int:
    """Return how much workspace a convolution needs."""
    plan, name = conv_plan(eqn, layout), eqn.primitive.name
    if eqn.params.get("transformed"):
        return 0
    if plan.fast is not None:
        return int(getattr(plan.fast, name.removeprefix("conv_") + "_workspace"))
    return plan.direct.backward_data_workspace if name == "conv_backward_data" else 0


def early_plan(eqn: Eqn, layout: Callable[[Any], Layout], frozen: bool) -> Conv2dPlan:
    """Return the plan of a convolution as far as it is decided before halos are."""
    spec, operand = eqn.params["conv"], layout(eqn.inputs[0])
    g = spec.geometry
    block = BLOCK if eqn.primitive is conv_backward_data_p else operand.block
    x = Layout(spec.n, spec.c, g.h, g.w, g.x_halo, block, operand.dtype)
    if eqn.primitive is conv_forward_p:
        return plan_conv(_forward_spec(spec, frozen), x, None, frozen=frozen, lanes=host_lanes())
    return plan_conv(spec, x, None, lanes=host_lanes())


def needed_halo(eqn: Eqn, layout: Callable[[Any], Layout], frozen: bool) -> Halo:
    """Return the halo that a convolution's first operand needs; Winograd's needs none."""
    if early_plan(eqn, layout, frozen).fast is not None:
        return (0, 0, 0, 0)
    g = eqn.params["conv"].geometry
    halo: Halo = g.y_halo if eqn.primitive is conv_backward_data_p else g.x_halo
    return halo


# --- launches ------------------------------------------------------------------------------------


def _pack(eqn: Eqn, b: Buffers) -> list[Launch]:
    (x,), (out,) = eqn.inputs, eqn.outvars
    lay = b.layout(out)
    return [pack_launch(b.read(x).reshape(lay.n, lay.c, lay.h, lay.w), b.storage(out), lay)]


def _unpack(eqn: Eqn, b: Buffers) -> list[Launch]:
    (x,), (out,) = eqn.inputs, eqn.outvars
    lay = b.layout(x)
    plain = b.storage(out).reshape(lay.n, lay.c, lay.h, lay.w)
    return [unpack_launch(b.storage(x), plain, lay)]


def _each_group(plain: Array, packed: Array, layout: WeightLayout) -> Any:
    """Yield the weights of each group, as they are and packed."""
    packed = packed.reshape(-1, *layout.shape)
    for k in range(len(packed)):
        yield plain[k * layout.o : (k + 1) * layout.o], packed[k]


def _pack_weights(eqn: Eqn, b: Buffers) -> list[Launch]:
    lay = eqn.params["layout"]
    w, *factors = eqn.inputs
    pairs = _each_group(b.read(w), b.storage(eqn.outvars[0]), lay)
    scale = b.storage(factors[0]) if factors else None
    return [
        pack_weights_launch(
            plain, packed, lay, None if scale is None else scale[k * lay.o : (k + 1) * lay.o]
        )
        for k, (plain, packed) in enumerate(pairs)
    ]


def _unpack_weights(eqn: Eqn, b: Buffers) -> list[Launch]:
    lay = eqn.params["layout"]
    pairs = _each_group(b.storage(eqn.outvars[0]), b.storage(eqn.inputs[0]), lay)
    return [unpack_weights_launch(packed, plain, lay) for plain, packed in pairs]


def optional_storage(
    b: Buffers, operands: Sequence[Any], given: Sequence[bool]
) -> list[Array | None]:
    """Return the memory of operands of which only some are given."""
    left = iter(operands)
    return [b.storage(next(left)) if g else None for g in given]


def _conv_forward(eqn: Eqn, b: Buffers) -> list[Launch]:
    x, w, *rest = eqn.inputs
    y, workspace = eqn.outvars
    p = eqn.params
    residual, bias = optional_storage(b, rest, (p["residual"], p["bias"]))
    epilogue = Epilogue(residual, None if bias is None else bias.reshape(-1), p["relu"])
    weights = b.storage(w)
    return conv_plan(eqn, b.layout).forward_launches(
        b.storage(x), weights, b.storage(y), epilogue, b.storage(workspace),
        weights if p["transformed"] else None,
    )  # fmt: skip


def _transform_weights(eqn: Eqn, b: Buffers) -> list[Launch]:
    (w,), (out,) = eqn.inputs, eqn.outvars
    return [eqn.params["plan"].freeze_launch(b.storage(w), b.storage(out))]


def _conv_backward_data(eqn: Eqn, b: Buffers) -> list[Launch]:
    dy, w = eqn.inputs
    dx, workspace = eqn.outvars
    return conv_plan(eqn, b.layout).backward_data_launches(
        b.storage(dy), b.storage(w), b.storage(dx), workspace=b.storage(workspace)
    )


def _conv_backward_weights(eqn: Eqn, b: Buffers) -> list[Launch]:
    x, dy = eqn.inputs
    dw, workspace = eqn.outvars
    return conv_plan(eqn, b.layout).backward_weights_launches(
        b.storage(x), b.storage(dy), b.storage(dw), workspace=b.storage(workspace)
    )


def _batch_norm(eqn: Eqn, b: Buffers) -> list[Launch]:
    x, gamma, beta, *rest = eqn.inputs
    y, mean, var, inverse = eqn.outvars
    p = eqn.params
    (residual,) = optional_storage(b, rest, (p["residual"],))
    g, c, m, v, i = (b.storage(a).reshape(-1) for a in (gamma, beta, mean, var, inverse))
    return [
        batchnorm.forward_launch(
            b.storage(x),
            b.storage(y),
            (b.layout(x), b.layout(y)),
            g,
            c,
            m,
            v,
            i,
            eps=p["epsilon"],
            relu=p["relu"],
            residual=residual,
            residual_layout=b.layout(rest[0]) if rest else None,
        )
    ]


def _batch_norm_backward(eqn: Eqn, b: Buffers) -> list[Launch]:
    x, dy, gamma, mean, inverse, *rest = eqn.inputs
    dx, dgamma, dbeta, *masked = eqn.outvars
    vectors = [b.storage(v).reshape(-1) for v in (gamma, mean, inverse, dgamma, dbeta)]
    return [
        batchnorm.backward_launch(
            b.storage(x),
            b.storage(dy),
            b.storage(dx),
            (b.layout(x), b.layout(dy), b.layout(dx)),
            *vectors,
            y=b.storage(rest[0]) if rest else None,
            y_layout=b.layout(rest[0]) if rest else None,
            dresidual=b.storage(masked[0]) if masked else None,
            dresidual_layout=b.layout(masked[0]) if masked else None,
        )
    ]


def _pool(eqn: Eqn, b: Buffers, x: Any, y: Any) -> Pool2d:
    """Return the pooling between the buffers of x and y."""
    p = eqn.params
    maximum = p["maximum"]
    return Pool2d(
        b.layout(x), b.layout(y), p["kernel"], p["stride"], p["padding"], p["dilation"],
        maximum, total=not maximum,
    )  # fmt: skip


def _pool_forward(eqn: Eqn, b: Buffers) -> list[Launch]:
    (x,), (y, *indices) = eqn.inputs, eqn.outvars
    chosen = b.storage(indices[0]) if indices else None
    return [_pool(eqn, b, x, y).forward_launch(b.storage(x), b.storage(y), chosen)]


def _pool_backward(eqn: Eqn, b: Buffers) -> list[Launch]:
    (dy, *indices), (dx,) = eqn.inputs, eqn.outvars
    chosen = b.storage(indices[0]) if indices else None
    return [_pool(eqn, b, dx, dy).backward_launch(b.storage(dy), b.storage(dx), chosen)]


def _depthwise(launch: Callable[..., Launch]) -> Callable[[Eqn, Buffers], list[Launch]]:
    """Make the lowering of one of the depthwise convolutions, on plain contiguous arrays."""

    def launches(eqn: Eqn, b: Buffers) -> list[Launch]:
        first, second = (b.storage(v) for v in eqn.inputs)
        return [launch(first, second, b.storage(eqn.outvars[0]), eqn.params["conv"].geometry)]

    return launches


def native_primitive(
    name: str, launches: Callable[[Eqn, Buffers], list[Launch]], gradient: bool = False
) -> Primitive:
    """Make a primitive that only the compiler's later stages know."""
    missing = unsupported("it exists inside the compiler only")
    return Primitive(
        name,
        impl=missing,
        abstract_eval=missing,
        batch=missing,
        lower=Native(launches, gradient),
        multiple_results=True,
        register=False,
    )


pack_p = native_primitive("pack", _pack)
unpack_p = native_primitive("unpack", _unpack)
pack_weights_p = native_primitive("pack_weights", _pack_weights)
unpack_weights_p = native_primitive("unpack_weights", _unpack_weights)
transform_weights_p = native_primitive("transform_weights", _transform_weights)
conv_forward_p = native_primitive("conv_forward", _conv_forward)
conv_backward_data_p = native_primitive("conv_backward_data", _conv_backward_data, True)
conv_backward_weights_p = native_primitive("conv_backward_weights", _conv_backward_weights, True)
batch_norm_p = native_primitive("batch_norm", _batch_norm)
batch_norm_backward_p = native_primitive("batch_norm_backward", _batch_norm_backward, True)
pool_forward_p = native_primitive("pool_forward", _pool_forward)
pool_backward_p = native_primitive("pool_backward", _pool_backward, True)
depthwise_forward_p = native_primitive("depthwise_forward", _depthwise(depthwise_launch))
depthwise_backward_data_p = native_primitive(
    "depthwise_backward_data", _depthwise(depthwise_backward_data_launch), True
)
depthwise_backward_weights_p = native_primitive(
    "depthwise_backward_weights", _depthwise(depthwise_backward_weights_launch), True
)


def is_convolution(eqn: Eqn) -> bool:
    """Tell whether an equation is one of the three blocked convolutions, which need workspace."""
    return eqn.primitive in (conv_forward_p, conv_backward_data_p, conv_backward_weights_p)


def is_gradient(eqn: Eqn) -> bool:
    """Tell whether an equation belongs to a gradient of one of the layers."""
    lowering = eqn.primitive.lower
    return isinstance(lowering, Native) and lowering.gradient


def with_frozen_weights(eqn: Eqn, layout: Callable[[Any], Layout]) -> list[Eqn]:
    """Let a forward convolution's weights be transformed by an equation of its own, if they are."""
    frozen = eqn.replace(params=eqn.params | {"frozen": True})
    plan = conv_plan(frozen, layout)
    if plan.fast is None:
        return [frozen]
    x, w, *rest = eqn.inputs
    transformed = Var(ShapedArray((plan.fast.transformed_bytes,), np.dtype(np.uint8)))
    return [
        Eqn(transform_weights_p, [w], [transformed], {"plan": plan}),
        frozen.replace(
            inputs=[x, transformed, *rest], params=frozen.params | {"transformed": True}
        ),
    ]


def packed_size(spec: ConvSpec, layout: WeightLayout) -> tuple[int, ...]:
    """Return the shape of all groups' packed weights."""
    return (spec.groups, *layout.shape)


def with_workspace(eqn: Eqn, layout: Callable[[Any], Layout]) -> Eqn:
    """Give a convolution the workspace that it needs, as one more result."""
    size = max(workspace_bytes(eqn, layout), 64)
    workspace = Var(ShapedArray((size,), np.dtype(np.uint8)))
    return eqn.replace(outvars=[*eqn.outvars, workspace])
