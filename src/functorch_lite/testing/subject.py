"""What a law is checked on: a function and arguments, flat, with derived views."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import FunctorchLiteError
from ..ir import Jaxpr, typeof
from ..pytree import tree_flatten, tree_unflatten
from ..transforms import jvp, make_jaxpr, vjp
from .compare import default_tolerance, random_like, vary
from .walk import all_eqns, run_steps
from .widen import widen_jaxpr

__all__ = ["Subject"]

Array = np.ndarray[Any, Any]


def _largest(xs: Sequence[Any]) -> float:
    """Return the largest finite magnitude among inexact arrays, 0 if there is none."""
    found = [np.abs(x[np.isfinite(x)]) for x in map(np.asarray, xs) if x.dtype.kind in "fc"]
    return max((float(np.max(x)) for x in found if x.size), default=0.0)


class Subject:
    """A function at a point.

    Attributes
    ----------
    leaves : list of ndarray
        The arguments' leaves.
    diff : list of int
        Which of them are floating or complex.
    outs : list of ndarray
        The function's results there.
    written : list of int
        Leaves that the function overwrites.
    notes : list of str
        What was left out of a check, and why.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        *,
        seed: int = 0,
        atol: float | None = None,
        rtol: float | None = None,
        eps: float | None = None,
    ) -> None:
        self.f, self.args, self.seed, self.eps = f, tuple(args), seed, eps
        leaves, self.treedef = tree_flatten(self.args)
        self.leaves: list[Array] = [np.asarray(x) for x in leaves]
        self.diff = [i for i, x in enumerate(self.leaves) if x.dtype.kind in "fc"]
        before = [x.copy() for x in self.leaves]
        with np.errstate(all="ignore"):
            self.outs = [np.array(o) for o in tree_flatten(f(*self.args))[0]]
        # Which arguments the function wrote to; they get their values back.
        self.written = [i for i, x in enumerate(self.leaves) if x.tobytes() != before[i].tobytes()]
        for i in self.written:
            self.leaves[i][...] = before[i]
        self.inexact_outs = [i for i, o in enumerate(self.outs) if o.dtype.kind in "fc"]
        self.rng = np.random.default_rng(seed)
        self.notes: list[str] = []
        self._atol, self._rtol, self.slack = atol, rtol, 1.0

    @property
    def point(self) -> list[Array]:
        """The leaves that are differentiated."""
        return [self.leaves[i] for i in self.diff]

    @cached_property
    def exact(self) -> float:
        """Tolerance for two computations of the same thing, by the shortest dtype at work."""
        dtypes = {x.dtype for x in (*self.leaves, *self.outs)}
        if self.differentiable and self.recorded is not None:
            dtypes |= {v.aval.dtype for e in all_eqns(self.recorded[0]) for v in e.outvars}
        return default_tolerance(list(dtypes))

    @cached_property
    def scale(self) -> float:
        """How large the results are, at most 1, so that no gradient of small results is lost.

        Results that are small by cancellation carry the rounding errors of larger numbers.
        """
        results = [self.outs[i] for i in self.inexact_outs]
        size = min(1.0, _largest(results)) if results else 1.0
        if size == 1.0 or self.recorded is None or not self.exact:
            return 1.0
        jaxpr, consts = self.recorded
        steps = run_steps(jaxpr, [*consts, *self.point])
        largest = max([size, *(_largest(step.outs) for step in steps)])
        eps = max(np.finfo(a.dtype).eps for a in (*self.point, *results))
        return min(1.0, max(size, 300 * float(eps) / self.exact * largest, 1e-8))

    @property
    def rtol(self) -> float:
        """Relative tolerance of laws that compare two computations."""
        return self.slack * (self.exact if self._rtol is None else self._rtol)

    @property
    def atol(self) -> float:
        """Absolute tolerance of laws that compare two computations."""
        return self.slack * (self.exact * self.scale if self._atol is None else self._atol)

    @property
    def rough(self) -> float:
        """Tolerance where a numerical derivative is one side."""
        return max(1e-6, 20 * self.exact)

    @property
    def rough_rtol(self) -> float:
        """Relative tolerance where a numerical derivative is one side."""
        return self.slack * (self.rough if self._rtol is None else self._rtol)

    @property
    def rough_atol(self) -> float:
        """Absolute tolerance where a numerical derivative is one side."""
        return self.slack * (self.rough * self.scale if self._atol is None else self._atol)

    @property
    def differentiable(self) -> bool:
        """Whether there is anything to differentiate."""
        return bool(self.diff) and bool(self.inexact_outs)

    def flat(self, *leaves: Any) -> list[Any]:
        """Call the function on leaves; return the leaves of the result."""
        return list(tree_flatten(self.f(*tree_unflatten(self.treedef, list(leaves))))[0])

    def g(self, *xs: Any) -> list[Any]:
        """Map the inexact leaves to the inexact results."""
        full: list[Any] = list(self.leaves)
        for i, x in zip(self.diff, xs, strict=True):
            full[i] = x
        outs = self.flat(*full)
        return [outs[i] for i in self.inexact_outs]

    @cached_property
    def recorded(self) -> tuple[Jaxpr, list[Any]] | None:
        """The program of `g` (constants first) and its constants; None if it needs values."""
        return self._record(self.g, self.point)

    @cached_property
    def recorded_flat(self) -> tuple[Jaxpr, list[Any]] | None:
        """The same of `flat`: what is not differentiated is an input too."""
        return self._record(self.flat, self.leaves)

    def record(self) -> None:
        """Record the programs now, so that a report made later has the lines of this call."""
        _ = self.recorded, self.recorded_flat

    def _record(
        self, f: Callable[..., Any], point: Sequence[Any]
    ) -> tuple[Jaxpr, list[Any]] | None:
        try:
            closed = make_jaxpr(f)(*point)
        except FunctorchLiteError as e:
            note = f"the function cannot be recorded: {str(e).splitlines()[0]}"
            self.notes.extend([note] if note not in self.notes else [])
            return None
        jaxpr = closed.jaxpr
        return Jaxpr([], jaxpr.constvars + jaxpr.invars, jaxpr.eqns, jaxpr.outs), closed.consts

    @cached_property
    def wide(self) -> tuple[Jaxpr, list[Any]] | None:
        """The same in double precision."""
        if self.recorded is None:
            return None
        jaxpr, consts = self.recorded
        wide = widen_jaxpr(jaxpr)
        avals = wide.in_avals
        return wide, [np.asarray(c, a.dtype) for c, a in zip(consts, avals, strict=False)]

    def tangents(self) -> list[Array]:
        """Return a random direction."""
        return [random_like(self.rng, x) for x in self.point]

    def cotangents(self) -> list[Array]:
        """Return random weights of the results."""
        return [random_like(self.rng, self.outs[i]) for i in self.inexact_outs]

    def push(self, tangents: Sequence[Any]) -> list[Any]:
        """Return the tangents of the results (forward mode)."""
        return list(jvp(self.g, tuple(self.point), tuple(tangents))[1])

    def pull(self, cts: Sequence[Any]) -> list[Any]:
        """Return the cotangents of the arguments (reverse mode)."""
        return list(vjp(self.g, *self.point)[1](list(cts)))

    def derivative(self, mode: str) -> "Subject":
        """Return the function's derivative, itself to be checked: the next order.

        Parameters
        ----------
        mode : {"fwd", "rev"}
            The derivative in a fixed direction, or the gradient of a fixed weighted sum.
        """
        if mode == "fwd":
            ts = self.tangents()

            def f(*xs: Any) -> list[Any]:
                return list(jvp(self.g, tuple(xs), tuple(ts))[1])

        else:
            cts = self.cotangents()

            def f(*xs: Any) -> list[Any]:
                return list(vjp(self.g, *xs)[1](list(cts)))

        f.__name__ = f"{mode} derivative of {getattr(self.f, '__name__', 'f')}"
        settings = {"atol": self._atol, "rtol": self._rtol, "eps": self.eps}
        out = Subject(f, self.point, seed=self.seed + 1, **settings)
        out.slack = 10 * self.slack
        out.notes = self.notes
        return out

    def nearby(self) -> "Subject":
        """Return the same function at a point close by."""
        moved = list(self.leaves)
        for i, t in zip(self.diff, self.tangents(), strict=True):
            size = max(1.0, float(np.max(np.abs(t), initial=0.0)))
            moved[i] = np.asarray(moved[i] + 2e-3 * t / size, moved[i].dtype)
        settings = {"atol": self._atol, "rtol": self._rtol, "eps": self.eps}
        return Subject(self.f, tree_unflatten(self.treedef, moved), seed=self.seed + 2, **settings)

    def batch(self, mask: Sequence[bool], size: int = 3) -> list[Array]:
        """Return the leaves with a leading axis where `mask` says so."""
        return [
            np.stack([x, *(vary(self.rng, x, k) for k in range(1, size))]) if m else x
            for x, m in zip(self.leaves, mask, strict=True)
        ]

    @property
    def avals(self) -> list[Any]:
        """Types of the results."""
        return [typeof(o) for o in self.outs]
