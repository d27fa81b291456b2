"""Batch normalisation written by hand becomes the primitive that has a kernel, by identity testing.

There are many ways to write it: two formulas for the variance, ``rsqrt`` or a division, scale and
shift folded together or not, and the gradients of each. Matching equations would miss most of
them. Instead the program is run on *probes*. A vector with a value for each channel is some random
numbers. An image ``[n, c, h, w]`` is a polynomial of degree two in images that are not looked
into, with a random or computed coefficient for each channel; its sum over all axes but the
channels' follows from their first and second moments, which are random too. Then

- an image that is ``(x - mean) * scale / sqrt(var + epsilon) + bias`` on the probes, `mean` and
  `var` being the moments of `x`, is the normalised `x`;
- an image that is the combination of `x` and some `dy` which the gradient is, is the gradient.

Random probes tell two different rational functions apart with probability one (Schwartz 1980,
"Fast probabilistic algorithms for verification of polynomial identities"). The equations in
between are dead afterwards, unless something else reads them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..ir import REGISTRY, Eqn, Literal, ShapedArray, Var
from .inline import FlatProgram
from .probe import Poly, Probe, channels_of
from .simplify import drop_dead

__all__ = ["recognise_normalisation"]

# How far probes may be apart: rounded constants such as 1 / n are.
_TOLERANCE = {"float32": 1e-6, "float64": 1e-12}
_LARGEST_EPSILON = 0.1


@dataclass(eq=False)
class _Group:
    """Equations to write for some values, at the place of the first of them.

    Attributes
    ----------
    eqns : list of Eqn
    needs : list of Var
        Operands that may be made later in the program than the first value.
    values : dict
        How a value of the program is had from the new ones.
    """

    eqns: list[Eqn] = field(default_factory=list)
    needs: list[Var] = field(default_factory=list)
    values: dict[Var, list[Eqn]] = field(default_factory=dict)
    written: bool = False


@dataclass(eq=False)
class _Norm:
    """A normalisation that was found: of `x`, into `y`.

    Attributes
    ----------
    gamma, rstd : ndarray
        Probes of the scale and of 1 / sqrt(var + epsilon).
    operands : dict
        Scale and shift.
    outs : dict
        What its gradient reads, once it is written.
    """

    x: Var
    y: Var
    epsilon: float
    gamma: np.ndarray[Any, Any]
    rstd: np.ndarray[Any, Any]
    operands: dict[str, Var | Literal]
    outs: dict[str, Var] = field(default_factory=dict)


def recognise_normalisation(program: FlatProgram) -> FlatProgram:
    """Return the program with `batch_norm_train` and its gradient in place of what equals them.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> from functorch_lite.compile.inline import inline_calls
    >>> def norm(x):
    ...     mean, var = (f(x, (0, 2, 3), keepdims=True) for f in (np.mean, np.var))
    ...     return (x - mean) / np.sqrt(var + 1e-5)
    >>> flat = inline_calls(fl.make_jaxpr(norm)(np.ones((2, 3, 4, 4))).jaxpr)
    >>> [e.primitive.name for e in recognise_normalisation(flat).eqns]
    ['broadcast_in_dim', 'broadcast_in_dim', 'batch_norm_train']
    """
    if not any(e.primitive.name in ("pow", "rsqrt", "sqrt") for e in program.eqns):
        return program
    probe = Probe(program)
    groups = _Finder(program, probe).find()
    return _rewritten(program, groups) if groups else program


class _Finder:
    """Looks through the probes of a program."""

    def __init__(self, program: FlatProgram, probe: Probe) -> None:
        self.program, self.probe = program, probe
        self.made_by = {v: e for e in program.eqns for v in e.outvars}
        self.vectors = [
            v for v in probe.values if v.aval.size > 1 and v.aval.dtype.name in _TOLERANCE
        ]
        table = [np.broadcast_to(probe.values[v], probe.width) for v in self.vectors]
        self.table = np.array(table).reshape(-1, probe.width)
        self.taken: set[Var] = set()

    def find(self) -> list[_Group]:
        """Return what to write."""
        groups, norms = [], {}
        for i in self.probe.with_variance():
            norm = self._forward(i)
            if norm is not None:
                norms[i] = norm
                groups.append(self._forward_group(i, norm))
        if norms:
            for v, poly in self.probe.polys.items():
                groups += self._backward(v, poly, norms)
        return groups

    def close(self, a: Any, b: Any, v: Var) -> bool:
        """Tell whether two probes are equal."""
        return bool(np.allclose(a, b, rtol=_TOLERANCE[v.aval.dtype.name], atol=1e-14))

    def alike(self, value: Any, x: Var) -> list[Var]:
        """Return the vectors of the channels of `x` with a certain probe."""
        tolerance = _TOLERANCE[x.aval.dtype.name]
        hits = np.all(np.abs(self.table - value) <= tolerance * np.abs(value), axis=1)
        c = x.aval.shape[1]
        found = [self.vectors[k] for k in np.flatnonzero(hits)]
        return [v for v in found if v.aval.size == c and v.aval.dtype == x.aval.dtype]

    # --- the normalisation -----------------------------------------------------------------------

    def _forward(self, i: int) -> _Norm | None:
        """Return the normalisation of a basis image: the last one if there are several."""
        x, var = self.probe.basis[i], self.probe.variance(i)
        shifts = self.table - var
        constant = [s[0] for s in shifts if 0 < s[0] < _LARGEST_EPSILON and np.ptp(s) < 1e-9]
        epsilons = {float(x.aval.dtype.type(e)) for e in constant}
        found = None
        for y, poly in self.probe.polys.items():
            if set(poly) <= {(i,), ()} and (i,) in poly and y is not x:
                for epsilon in epsilons:
                    norm = self._as_norm(i, y, poly, epsilon)
                    found = found if norm is None else norm
        return found

    def _as_norm(self, i: int, y: Var, poly: Poly, epsilon: float) -> _Norm | None:
        x, mean = self.probe.basis[i], self.probe.mean(i)
        rstd = (self.probe.variance(i) + epsilon) ** -0.5
        gamma = poly[i,] / rstd
        beta = poly.get((), 0.0) + mean * poly[i,]
        scale = self._operand(x, gamma, 1.0)
        shift = self._operand(x, beta, 0.0)
        if scale is None or shift is None:
            return None
        found = {"gamma": scale, "beta": shift}
        return _Norm(x, y, epsilon, np.broadcast_to(gamma, mean.shape), rstd, found)

    def _operand(self, x: Var, value: Any, neutral: float) -> Var | Literal | None:
        """Return the vector with a probe, or a number; it must not depend on `x`."""
        if np.allclose(value, neutral, rtol=0, atol=_TOLERANCE[x.aval.dtype.name]):
            return Literal(x.aval.dtype.type(neutral))
        return next((v for v in self.alike(value, x) if not self._depends(v, x)), None)

    def _depends(self, v: Var, x: Var) -> bool:
        stack, seen = [v], {v}
        while stack:
            u = stack.pop()
            if u is x:
                return True
            for a in self.made_by[u].inputs if u in self.made_by else ():
                if isinstance(a, Var) and a not in seen:
                    seen.add(a)
                    stack.append(a)
        return False

    def _forward_group(self, i: int, norm: _Norm) -> _Group:
        x, c = norm.x, norm.x.aval.shape[1]
        group = _Group()
        mean, var, shifted, rstd = (_vector(c, x) for _ in range(4))
        operands = [self._as_vector(group, norm.operands[k], c, x) for k in ("gamma", "beta")]
        add, rsqrt = REGISTRY["add"], REGISTRY["rsqrt"]
        epsilon = Literal(x.aval.dtype.type(norm.epsilon))
        train = REGISTRY["batch_norm_train"]
        group.eqns += [
            Eqn(train, [x, *operands], [norm.y, mean, var], {"epsilon": norm.epsilon}),
            Eqn(add, [var, epsilon], [shifted], {}),
            Eqn(rsqrt, [shifted], [rstd], {}),
        ]
        group.values[norm.y] = []
        n = channels_of(x.aval)[1]
        known = {"mean": self.probe.mean(i), "var": self.probe.variance(i)}
        for value, out in ((known["mean"], mean), (known["var"], var)):
            self._equal(group, value, out, x)
            self._equal(group, value * n, out, x, "mul", n)
        norm.outs |= {"gamma": operands[0], "mean": mean, "rstd": rstd}
        return group

    def _as_vector(self, group: _Group, a: Any, c: int, x: Var) -> Var:
        """Return an operand as a var of shape ``(c,)``."""
        if isinstance(a, Var):
            group.needs.append(a)
            if a.aval.shape == (c,):
                return a
        out = _vector(c, x)
        if isinstance(a, Literal):
            params = {"shape": (c,), "broadcast_dimensions": ()}
            group.eqns.append(Eqn(REGISTRY["broadcast_in_dim"], [a], [out], params))
        else:
            group.eqns.append(Eqn(REGISTRY["reshape"], [a], [out], {"new_sizes": (c,)}))
        return out

    def _equal(
        self, group: _Group, value: Any, out: Var, x: Var, name: str = "", operand: Any = None
    ) -> None:
        """Note that vectors with a probe can be had from `out`, by one more operation if named."""
        for v in self.alike(value, x):
            if v in self.taken or v not in self.made_by:
                continue
            self.taken.add(v)
            made, eqns = out, []
            if name:
                number = (
                    operand if isinstance(operand, Var) else Literal(x.aval.dtype.type(operand))
                )
                made = Var(out.aval)
                eqns.append(Eqn(REGISTRY[name], [out, number], [made], {}))
            params = {"new_sizes": v.aval.shape}
            group.values[v] = [*eqns, Eqn(REGISTRY["reshape"], [made], [v], params)]

    # --- its gradient ----------------------------------------------------------------------------

    def _backward(self, v: Var, poly: Poly, norms: dict[int, _Norm]) -> Iterator[_Group]:
        """Yield what to write if an image is the gradient of one of the normalisations."""
        firsts = [k[0] for k in poly if len(k) == 1]
        if len(firsts) != 2 or len(poly) > 3 or any(len(k) == 2 for k in poly):
            return
        for i, j in (firsts, firsts[::-1]):
            if i not in norms or self.probe.basis[j].aval.shape != norms[i].x.aval.shape:
                continue
            norm, probe = norms[i], self.probe
            n = channels_of(norm.x.aval)[1]
            total, centred = probe.sum(j), probe.product(i, j) - probe.mean(i) * probe.sum(j)
            a = norm.gamma * norm.rstd
            b = -a * norm.rstd**2 * centred / n
            constant = -a * total / n - b * probe.mean(i)
            pairs = ((poly[j,], a), (poly[i,], b), (poly.get((), 0.0), constant))
            if all(self.close(p, q, v) for p, q in pairs):
                yield self._backward_group(v, j, norm, total, centred)
                return

    def _backward_group(self, dx: Var, j: int, norm: _Norm, total: Any, centred: Any) -> _Group:
        x, c = norm.x, norm.x.aval.shape[1]
        group = _Group()
        zero = self._as_vector(group, Literal(x.aval.dtype.type(0)), c, x)
        dgamma, dbeta = _vector(c, x), _vector(c, x)
        o = norm.outs
        inputs = [self.probe.basis[j], zero, zero, x, o["gamma"], o["mean"], o["rstd"]]
        group.eqns.append(Eqn(REGISTRY["batch_norm_cotangent"], inputs, [dx, dgamma, dbeta], {}))
        group.values[dx] = []
        self._equal(group, total, dbeta, x)
        self._equal(group, centred * norm.rstd, dgamma, x)
        self._equal(group, centred, dgamma, x, "div", o["rstd"])
        return group


def _vector(c: int, like: Var) -> Var:
    return Var(ShapedArray((c,), like.aval.dtype))


def _rewritten(program: FlatProgram, groups: list[_Group]) -> FlatProgram:
    """Write each group at the place of its first value."""
    out = FlatProgram(program.invars, program.consts)
    owner = {v: g for g in groups for v in g.values}
    place = {
        v: (e, r) for e, r in zip(program.eqns, program.regions, strict=True) for v in e.outvars
    }
    here = {*program.invars, *(v for v, _ in program.consts)}

    def write(eqn: Eqn, region: int) -> None:
        out.eqns.append(eqn)
        out.regions.append(region)
        here.update(eqn.outvars)

    def need(v: Var) -> None:
        """Write what a var needs that is made later."""
        if v in here:
            return
        eqn, region = place[v]
        for a in eqn.inputs:
            if isinstance(a, Var):
                need(a)
        if v not in here:
            write(eqn, region)

    for eqn, region in zip(program.eqns, program.regions, strict=True):
        first = eqn.outvars[0] if eqn.outvars else None
        group = owner.get(first)  # type: ignore[arg-type]
        if group is None:
            if first is None or first not in here:
                write(eqn, region)
            continue
        assert first is not None
        if not group.written:
            group.written = True
            for v in group.needs:
                need(v)
            for e in group.eqns:
                write(e, region)
        for e in group.values[first]:
            write(e, region)
    out.outs = list(program.outs)
    return drop_dead(out)
