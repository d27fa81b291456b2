"""The layout pass: one blocked layout for the dense parts of a whole program.

Convolutions, normalisations and poolings become equations of the compiler's own primitives
(`dense`) on blocked buffers ``[n][c / 16][h + halo][w + halo][16]``. Elementwise equations and
reductions between them run in the same layout, over the interior ``[n, c / 16, h, w, 16]``; so
data is converted only where it comes in and where something else needs it. Each buffer gets the
halo that its convolutions ask for, and zeros there stand for their padding.

Conversions are made on demand: an array is packed when a dense equation first reads it, and
unpacked when another equation, or the caller, does. Equations that only rename memory (transposes
and the like) wait too: most of those around a convolution's gradient are never needed.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..ir import REGISTRY, Eqn, Literal, Primitive, ShapedArray, Var
from ..kernels.host import BLOCK
from ..kernels.layout import Layout
from .cluster import REDUCTIONS, is_reduction
from .columns import choose_columns, spread_p
from .dense import (
    conv_forward_p,
    is_convolution,
    is_gradient,
    needed_halo,
    pack_p,
    unpack_p,
    with_frozen_weights,
    with_workspace,
)
from .expression import can_express
from .inline import FlatProgram
from .normalize import recognise_normalisation
from .simplify import drop_dead
from .views import VIEW_PRIMITIVES

__all__ = ["Rewriter", "choose_layouts"]


class Rewriter:
    """The state of the pass.

    Attributes
    ----------
    program, out : FlatProgram
        What is read and what is written.
    made_by : dict
        The equation that makes a var, of the program read.
    users : dict
        The equations that read a var.
    blocked : dict
        For a var, the blocked var that holds the same values.
    halos : dict
        For a blocked var, the rows above and below and the columns left and right that it needs.
    done : set of int
        Equations (by id) that another one's rewriting has covered.
    late : dict
        For an equation (by id), what to write in its place: the end of a chain that is fused.
    alike : list of pair
        Blocked vars that need the same halo.
    """

    def __init__(self, program: FlatProgram, precision: str, threads: int) -> None:
        self.program, self.precision, self.threads = program, precision, threads
        self.out = FlatProgram(program.invars, program.consts)
        self.made_by = {v: e for e in program.eqns for v in e.outvars}
        self.users: dict[Var, list[Eqn]] = {}
        for eqn in program.eqns:
            for v in {a for a in eqn.inputs if isinstance(a, Var)}:
                self.users.setdefault(v, []).append(eqn)
        self.results = {o for o in program.outs if isinstance(o, Var)}
        self.here = {*program.invars, *(v for v, _ in program.consts)}
        self.waiting: dict[Var, tuple[Eqn, int]] = {}
        self.blocked: dict[Var, Var] = {}
        self.viewed: dict[Var, Var] = {}
        self.halos: dict[Var, list[int]] = {}
        self.layouts: dict[Var, Layout] = {}
        self.masks: dict[Var, Var] = {}
        self.indices: dict[Var, Var] = {}
        self.pool_params: dict[Var, dict[str, Any]] = {}
        self.packed: dict[Any, Var] = {}
        self.done: set[int] = set()
        self.late: dict[int, Callable[[], None]] = {}
        self.alike: list[tuple[Var, Var]] = []
        self.region = 0

    # --- writing --------------------------------------------------------------------------------

    def emit(
        self, primitive: Primitive, inputs: list[Any], outvars: list[Var], **params: Any
    ) -> None:
        """Write an equation."""
        self.out.eqns.append(Eqn(primitive, inputs, outvars, params))
        self.out.regions.append(self.region)

    def maker(self, v: Any, name: str) -> Eqn | None:
        """Return the equation that makes a var, if it is of that primitive."""
        eqn = self.made_by.get(v)
        return eqn if eqn is not None and eqn.primitive.name == name else None

    def emit_eqn(self, eqn: Eqn, region: int) -> None:
        """Write an equation as it is; its operands must be there."""
        for a in eqn.inputs:
            if isinstance(a, Var):
                self.plain(a)
        self.out.eqns.append(eqn)
        self.out.regions.append(region)
        self.here.update(eqn.outvars)

    def wait(self, eqn: Eqn) -> None:
        """Put an equation off until its result is needed."""
        self.waiting[eqn.outvars[0]] = (eqn, self.region)
        self.made_by[eqn.outvars[0]] = eqn

    # --- the two forms of a value ----------------------------------------------------------------

    def plain(self, v: Var) -> Var:
        """Make sure that a var exists in its ordinary form."""
        if v in self.here:
            return v
        if v in self.waiting:
            eqn, region = self.waiting.pop(v)
            self.emit_eqn(eqn, region)
        else:
            self._move(unpack_p, self.blocked[v], v)
            self.here.add(v)
        return v

    def _move(self, primitive: Primitive, source: Var, target: Var) -> None:
        """Pack or unpack an array; truth values travel as numbers."""
        if source.aval.dtype.kind != "b":
            self.emit(primitive, [source], [target])
            return
        convert, number = REGISTRY["convert_element_type"], np.dtype(np.float32)
        before, after = (Var(ShapedArray(v.aval.shape, number)) for v in (source, target))
        for v, like in ((before, source), (after, target)):
            if like in self.layouts:
                self.halos[v] = [0, 0, 0, 0]
                self.layouts[v] = replace(self.layouts[like], dtype=number)
        self.emit(convert, [source], [before], new_dtype=number)
        self.emit(primitive, [before], [after])
        self.emit(convert, [after], [target], new_dtype=target.aval.dtype)

    def contiguous(self, v: Var) -> Var:
        """Make sure that a var exists in memory of its own, row by row."""
        self.plain(v)
        made = self.made_by.get(v)
        if made is None or made.primitive.name not in VIEW_PRIMITIVES:
            return v
        copy = Var(v.aval)
        self.emit(REGISTRY["convert_element_type"], [v], [copy], new_dtype=v.aval.dtype)
        return copy

    def new_blocked(self, v: Var, halo: tuple[int, ...] = (0, 0, 0, 0), block: int = BLOCK) -> Var:
        """Make a blocked var for an array ``[n, c, h, w]``; the caller emits what fills it."""
        n, c, h, w = v.aval.shape
        b = Var(ShapedArray((n, -(-c // block), h, w, block), v.aval.dtype))
        self.halos[b] = list(halo)
        self.layouts[b] = Layout(n, c, h, w, (0, 0, 0, 0), block, v.aval.dtype)
        return b

    def block(self, v: Var) -> Var:
        """Make sure that an array exists in blocks of 16 channels, and return that form."""
        known = self.blocked.get(v)
        if known is not None:
            return known
        if v in self.waiting and can_express(self.waiting[v][0]):
            eqn, _ = self.waiting.pop(v)
            if self.elementwise(eqn):
                return self.blocked[v]
            self.wait(eqn)
        self.plain(v)
        b = self.blocked[v] = self.new_blocked(v)
        self._move(pack_p, v, b)
        return b

    def thin(self, v: Var) -> Var:
        """Return a convolution's input; with less than 16 channels its block has just those."""
        c = v.aval.shape[1]
        if c >= BLOCK or v in self.blocked:
            return self.block(v)
        known = self.viewed.get(v)
        if known is None:
            self.plain(v)
            known = self.viewed[v] = self.new_blocked(v, block=c)
            self.emit(pack_p, [v], [known])
        return known

    def need_halo(self, b: Var, halo: tuple[int, ...]) -> None:
        """Ask for a halo."""
        self.halos[b] = [max(x) for x in zip(self.halos[b], halo, strict=True)]

    # --- vectors of channels ---------------------------------------------------------------------

    def vector(self, v: Var) -> Var:
        """Return one value for each channel, in memory padded to whole blocks."""
        c = v.aval.shape[0]
        made = self.made_by.get(v)
        is_view = made is not None and made.primitive.name in VIEW_PRIMITIVES
        self.plain(v)
        if c % BLOCK == 0 and not is_view:
            return v
        known = self.viewed.get(v)
        if known is None:
            known = self.viewed[v] = self.new_vector(v)
            self.emit(pack_p, [v], [known])
        return known

    def new_vector(self, v: Var) -> Var:
        """Make a var for one value for each channel, padded to whole blocks."""
        c = v.aval.shape[0]
        return self.new_blocked(Var(ShapedArray((1, c, 1, 1), v.aval.dtype)))

    def vector_result(self, v: Var) -> tuple[Var, bool]:
        """Return what a dense equation writes for a vector of channels, and whether it is padded."""
        if v.aval.shape[0] % BLOCK == 0:
            self.here.add(v)
            return v, False
        return self.new_vector(v), True

    # --- elementwise equations and reductions ----------------------------------------------------

    def operand(self, a: Any) -> Any:
        """Return an operand of a blocked elementwise equation."""
        if isinstance(a, Literal):
            return a
        if a.aval.ndim == 0:
            return self.plain(a)
        made = self.made_by.get(a)
        if a in self.blocked or made is None or made.primitive.name != "broadcast_in_dim":
            return self.block(a)
        known = self.viewed.get(a)
        if known is None:
            self.plain(a)
            n, c, h, w = a.aval.shape
            shape = (n, c // BLOCK, h, w, BLOCK)
            known = self.viewed[a] = Var(ShapedArray(shape, a.aval.dtype))
            self.emit(block_view_p, [a], [known], block=BLOCK)
        return known

    def elementwise(self, eqn: Eqn) -> bool:
        """Write an elementwise equation in blocks, if it can be."""
        out = eqn.outvars[0]
        if not can_express(eqn) or eqn.primitive.name == "iota" or not _is_image(out.aval):
            return False
        if any(a.aval.dtype.kind not in "fb" for a in (out, *eqn.inputs)):
            return False  # there are no kernels that pack other types
        inputs = [self.operand(a) for a in eqn.inputs]
        b = self.blocked[out] = self.new_blocked(out)
        self.out.eqns.append(eqn.replace(inputs=inputs, outvars=[b]))
        self.out.regions.append(self.region)
        return True

    def is_blocked_only(self, a: Any) -> bool:
        """Tell whether a value exists, or will, in blocks and not in its ordinary form."""
        if not isinstance(a, Var) or a in self.here:
            return False
        if a in self.blocked:
            return True
        return a in self.waiting and can_express(self.waiting[a][0])

    def reduction(self, eqn: Eqn) -> bool:
        """Write a reduction of a blocked array."""
        a = eqn.inputs[0]
        if not isinstance(a, Var) or not is_reduction(eqn) or not _is_image(a.aval):
            return False
        axes = eqn.params["axes"]
        if 1 not in axes and not {2, 3} <= set(axes):
            return False  # its result would be in blocks of channels itself
        mapped = tuple(sorted({0: 0, 1: 1, 2: 2, 3: 3}[d] for d in axes)) + (4,) * (1 in axes)
        self.out.eqns.append(
            eqn.replace(inputs=[self.block(a)], params=eqn.params | {"axes": mapped})
        )
        self.out.regions.append(self.region)
        self.here.update(eqn.outvars)
        return True

    # --- the walk --------------------------------------------------------------------------------

    def run(self, rules: Any) -> FlatProgram:
        """Rewrite the program."""
        for eqn, region in zip(self.program.eqns, self.program.regions, strict=True):
            self.region = region
            if id(eqn) in self.late:
                self.late.pop(id(eqn))()
                continue
            if id(eqn) in self.done:
                continue
            name = eqn.primitive.name
            rule = rules.get(name)
            if rule is not None and rule(self, eqn):
                continue
            if name in VIEW_PRIMITIVES and isinstance(eqn.inputs[0], Var):
                self.wait(eqn)
                continue
            if any(self.is_blocked_only(a) for a in eqn.inputs):
                if name in REDUCTIONS and self.reduction(eqn):
                    continue
                if self.elementwise(eqn):
                    continue
            self.emit_eqn(eqn, region)
        for o in self.program.outs:
            if isinstance(o, Var):
                self.plain(o)
        self.out.outs = list(self.program.outs)
        out = drop_dead(self.out)
        frozen = not any(is_gradient(e) for e in out.eqns)
        if not frozen:
            out = choose_columns(out, self.layouts.__getitem__)
        for e in out.eqns:
            halo = None
            if is_convolution(e):
                halo = needed_halo(e, self.layouts.__getitem__, frozen)
            elif e.primitive is spread_p:
                halo = e.params["conv"].geometry.x_halo
            if halo is not None:
                self.need_halo(e.inputs[0], halo)  # type: ignore[arg-type]
        # Only now all halos are known; buffers that must be alike get the larger ones.
        for _ in self.alike:
            for a, b in self.alike:
                self.need_halo(a, tuple(self.halos[b]))
                self.need_halo(b, tuple(self.halos[a]))
        out.layouts = {b: replace(y, halo=tuple(self.halos[b])) for b, y in self.layouts.items()}  # type: ignore[arg-type]
        _finish_convolutions(out, frozen)
        return out


def _finish_convolutions(program: FlatProgram, frozen: bool) -> None:
    """Choose the algorithms of convolutions and give them workspace, now that layouts are known."""
    find = program.layouts.__getitem__
    eqns, regions = [], []
    for eqn, region in zip(program.eqns, program.regions, strict=True):
        parts = [eqn]
        if frozen and eqn.primitive is conv_forward_p:
            parts = with_frozen_weights(eqn, find)
        eqns += [with_workspace(e, find) if is_convolution(e) else e for e in parts]
        regions += [region] * len(parts)
    program.eqns, program.regions = eqns, regions


def _is_image(aval: ShapedArray) -> bool:
    """Tell whether an array can be cut into whole blocks of channels."""
    return aval.ndim == 4 and aval.shape[1] % BLOCK == 0 and aval.size > 0


def _block_view(x: Any, *, block: int) -> Any:
    n, c, h, w = x.shape
    return np.moveaxis(np.reshape(x, (n, c // block, block, h, w)), 2, -1)


block_view_p = Primitive(
    "block_view",
    impl=_block_view,
    abstract_eval=lambda x, *, block: ShapedArray(
        (x.shape[0], x.shape[1] // block, *x.shape[2:], block), x.dtype
    ),
    batch=_block_view,
    register=False,
)


def choose_layouts(program: FlatProgram, precision: str, threads: int) -> FlatProgram:
    """Rewrite the dense parts of a program for blocked buffers.

    Parameters
    ----------
    program : FlatProgram
    precision : {"default", "high", "highest"}
    threads : int
        How many will run it.

    Returns
    -------
    FlatProgram
        The same one if nothing in it is dense.

    Examples
    --------
    >>> import functorch_lite as fl, numpy as np
    >>> from functorch_lite.compile.inline import inline_calls
    >>> from functorch_lite.functions import conv2d, relu
    >>> f = lambda x, w: relu(conv2d(x, w, padding=1))
    >>> shapes = np.ones((1, 16, 8, 8)), np.ones((16, 16, 3, 3))
    >>> program = inline_calls(fl.make_jaxpr(f)(*shapes).jaxpr)
    >>> [e.primitive.name for e in choose_layouts(program, "default", 1).eqns]
    ['pack', 'pack_weights', 'transform_weights', 'conv_forward', 'unpack']
    """
    from .blocked_rules import DENSE, RULES

    if not any(e.primitive.name in DENSE for e in program.eqns):
        return program
    return Rewriter(recognise_normalisation(program), precision, threads).run(RULES)
