"""Convolutions on weights as they stand, chosen where packing these would cost more.

In a program with gradients, packed weights are made anew in each run. Where a layer has few pixels
and many weights, its three convolutions become equations of the primitives here instead, which
read the weights in their ordinary layout; see `functorch_lite.kernels.columns`. The columns of
the input, made once, serve the forward pass and the weights' gradient.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from ..ir import Eqn, ShapedArray, Var
from ..kernels.columns import ColumnConv, columns_cost
from ..kernels.conv import packed_cost
from ..kernels.conv_direct import Epilogue
from ..kernels.host import BLOCK, host_lanes
from ..kernels.launch import Launch
from ..kernels.layout import Layout
from .dense import (
    Buffers,
    ConvSpec,
    conv_backward_data_p,
    conv_backward_weights_p,
    conv_forward_p,
    early_plan,
    native_primitive,
    optional_storage,
    pack_weights_p,
    unpack_weights_p,
)
from .inline import FlatProgram
from .views import VIEW_PRIMITIVES

__all__ = ["choose_columns", "column_conv", "columns_backward_weights_p", "spread_p"]

_LEAST_BYTES = 1 << 18  # of weights; below, they are in the cache whatever is done to them


@lru_cache(maxsize=1024)
def _column_conv(spec: ConvSpec, lanes: int) -> ColumnConv:
    return ColumnConv(spec.geometry, spec.n, spec.c, spec.oc, spec.dtype, spec.threads)


def column_conv(spec: ConvSpec) -> ColumnConv:
    """Return the kernels of a convolution."""
    return _column_conv(spec, host_lanes())


# --- launches ------------------------------------------------------------------------------------


def _spread(eqn: Eqn, b: Buffers) -> list[Launch]:
    (x,), (columns,) = eqn.inputs, eqn.outvars
    conv = column_conv(eqn.params["conv"])
    return [conv.spread_launch(b.storage(x), b.layout(x), b.storage(columns))]


def _forward(eqn: Eqn, b: Buffers) -> list[Launch]:
    columns, w, *rest = eqn.inputs
    (y,), p = eqn.outvars, eqn.params
    residual, bias = optional_storage(b, rest, (p["residual"], p["bias"]))
    epilogue = Epilogue(residual, None if bias is None else bias.reshape(-1), p["relu"])
    conv = column_conv(p["conv"])
    memory = (b.storage(columns), b.storage(w), b.storage(y))
    return [conv.forward_launch(*memory, b.layout(y), epilogue)]


def _backward_data(eqn: Eqn, b: Buffers) -> list[Launch]:
    dy, w = eqn.inputs
    dx, workspace = eqn.outvars
    return column_conv(eqn.params["conv"]).backward_data_launches(
        b.storage(dy), b.layout(dy), b.storage(w), b.storage(dx), b.layout(dx), b.storage(workspace)
    )


def _backward_weights(eqn: Eqn, b: Buffers) -> list[Launch]:
    columns, dy = eqn.inputs
    (dw,) = eqn.outvars
    conv = column_conv(eqn.params["conv"])
    memory = b.storage(columns), b.storage(dy)
    return [conv.backward_weights_launch(*memory, b.layout(dy), b.storage(dw))]


spread_p = native_primitive("spread_columns", _spread)
columns_forward_p = native_primitive("columns_forward", _forward)
columns_backward_data_p = native_primitive("columns_backward_data", _backward_data, True)
columns_backward_weights_p = native_primitive("columns_backward_weights", _backward_weights, True)


# --- the choice ----------------------------------------------------------------------------------


def choose_columns(program: FlatProgram, layout: Callable[[Any], Layout]) -> FlatProgram:
    """Put convolutions on ordinary weights in the place of those whose packing would cost more.

    Parameters
    ----------
    program : FlatProgram
        One with gradients, whose weights change with each call.
    layout : callable
        Of a blocked var; halos are not read.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite.compile.drive import compile_program
    >>> from functorch_lite.functions import conv2d
    >>> loss = lambda w, x: (conv2d(x, w, padding=1) ** 2).sum()
    >>> args = np.ones((256, 256, 3, 3), "f4"), np.ones((1, 256, 2, 2), "f4")
    >>> program = compile_program(fl.make_jaxpr(fl.grad(loss))(*args).jaxpr)
    >>> [e.primitive.name for e in program.lowered.eqns if "columns" in e.primitive.name]
    ['spread_columns', 'columns_forward', 'columns_backward_weights']
    """
    chosen = _chosen(program, layout)
    return _Converter(program, chosen).run() if chosen else program


def _chosen(program: FlatProgram, layout: Callable[[Any], Layout]) -> dict[Var, Var]:
    """Return the packed weights that are not to be made, and what they are packed from."""
    made = {v: e for e in program.eqns for v in e.outvars}
    users: dict[Any, list[Eqn]] = {}
    for eqn in program.eqns:
        for a in eqn.inputs:
            users.setdefault(a, []).append(eqn)
    chosen = {}
    for eqn in program.eqns:
        if eqn.primitive is not pack_weights_p or len(eqn.inputs) > 1:
            continue
        w, packed = eqn.inputs[0], eqn.outvars[0]
        is_view = w in made and made[w].primitive.name in VIEW_PRIMITIVES
        is_large = w.aval.size * w.aval.dtype.itemsize >= _LEAST_BYTES
        if is_large and not is_view and _pays(users.get(packed, []), layout):
            chosen[packed] = w
    return chosen  # type: ignore[return-value]


def _pays(users: list[Eqn], layout: Callable[[Any], Layout]) -> bool:
    """Tell whether the convolutions that use the same weights are cheaper without packing."""
    specs = [e.params.get("conv") for e in users]
    if any(s is None or s.groups > 1 or s.c % BLOCK or s.oc % BLOCK for s in specs):
        return False
    for primitive in (conv_forward_p, conv_backward_data_p):
        plans = [early_plan(e, layout, False) for e in users if e.primitive is primitive]
        if plans:
            return sum(columns_cost(p.direct) for p in plans) < packed_cost(plans)
    return False


class _Converter:
    """Rewrites the convolutions of chosen weights."""

    def __init__(self, program: FlatProgram, chosen: dict[Var, Var]) -> None:
        self.program, self.chosen = program, chosen
        self.columns: dict[Any, Var] = {}
        self.unpacks: dict[Any, Eqn] = {
            e.inputs[0]: e for e in program.eqns if e.primitive is unpack_weights_p
        }
        self.gone: set[int] = set()

    def run(self) -> FlatProgram:
        """Return the program."""
        eqns: list[Eqn] = []
        regions: list[int] = []
        for eqn, region in zip(self.program.eqns, self.program.regions, strict=True):
            new = self._converted(eqn)
            eqns += new
            regions += [region] * len(new)
        self.program.eqns, self.program.regions = eqns, regions
        return self.program

    def _converted(self, eqn: Eqn) -> list[Eqn]:
        """Return what an equation becomes."""
        if id(eqn) in self.gone or eqn.outvars[0] in self.chosen:
            return []
        if eqn.primitive is conv_forward_p and eqn.inputs[1] in self.chosen:
            return self._forward(eqn)
        if eqn.primitive is conv_backward_data_p and eqn.inputs[1] in self.chosen:
            dy, packed = eqn.inputs
            spec = eqn.params["conv"]
            size = column_conv(spec).backward_data_workspace
            workspace = Var(ShapedArray((size,), np.dtype(np.uint8)))
            outs = [*eqn.outvars, workspace]
            inputs = [dy, self.chosen[packed]]  # type: ignore[index]
            return [Eqn(columns_backward_data_p, inputs, outs, {"conv": spec})]
        if eqn.primitive is conv_backward_weights_p and self._key(eqn) in self.columns:
            unpack = self.unpacks[eqn.outvars[0]]
            self.gone.add(id(unpack))
            inputs = [self.columns[self._key(eqn)], eqn.inputs[1]]
            params = {"conv": eqn.params["conv"]}
            return [Eqn(columns_backward_weights_p, inputs, unpack.outvars, params)]
        return [eqn]

    def _key(self, eqn: Eqn) -> Any:
        """Return what decides the columns that a convolution needs.

        How far the padding reaches behind the last pixel that is used makes no difference; the
        gradients of a strided convolution have it exact.
        """
        g = eqn.params["conv"].geometry
        before = [lo for lo, _ in g.padding]
        return eqn.inputs[0], g.kh, g.kw, g.stride, g.dilation, *before, g.out_h, g.out_w

    def _forward(self, eqn: Eqn) -> list[Eqn]:
        x, packed, *rest = eqn.inputs
        spec, new = eqn.params["conv"], []
        columns = self.columns.get(self._key(eqn))
        if columns is None:
            aval = ShapedArray(column_conv(spec).columns_shape, np.dtype(spec.dtype))
            columns = self.columns[self._key(eqn)] = Var(aval)
            new.append(Eqn(spread_p, [x], [columns], {"conv": spec}))
        params = {k: eqn.params[k] for k in ("conv", "residual", "bias", "relu")}
        inputs = [columns, self.chosen[packed], *rest]  # type: ignore[index]
        return [*new, Eqn(columns_forward_p, inputs, eqn.outvars, params)]
