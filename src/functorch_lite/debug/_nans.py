"""Where a NaN was born: the equation, the line, the `where` that did not help, the remedy.

A program is run equation by equation with its values kept (`Watch`), and a NaN in a result is
followed back to an equation that has none among its operands. A NaN in a gradient is usually born
as ``0 * inf``: `where` gave a branch the cotangent 0, and that branch has an infinite slope.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..errors import NaNError
from ..ir import Source, Tracer
from ..pytree import keystr, tree_flatten_with_path, tree_map
from ._watch import Record, Watch, has_nan

__all__ = ["NaNReport", "debug_nans", "find_nan", "safe_where"]

# Moves or merges values: a zero seen behind them has its cause further back.
_CARRIERS = frozenset(
    [
        "mul",
        "div",
        "neg",
        "broadcast_in_dim",
        "reshape",
        "transpose",
        "convert_element_type",
        "reduce_sum",
        "squeeze",
        "copy",
        "slice",
        "pad",
        "rev",
        "concatenate",
        "gather",
        "select_n",
        "add",
    ]
)
_INFINITE_AT = {
    "sqrt": "0", "rsqrt": "0", "log": "0", "log2": "0", "log10": "0", "log1p": "-1", "cbrt": "0",
    "div": "a zero denominator", "pow": "0", "asin": "-1 and 1", "acos": "-1 and 1",
    "acosh": "1", "atanh": "-1 and 1", "abs": "0", "hypot": "(0, 0)", "atan2": "(0, 0)",
    "integer_pow": "0", "erf_inv": "-1 and 1", "lgamma": "0", "digamma": "0",
}  # fmt: skip
_DOMAIN = {
    "sqrt": "numbers below 0", "rsqrt": "numbers below 0", "log": "numbers below 0",
    "log2": "numbers below 0", "log10": "numbers below 0", "log1p": "numbers below -1",
    "pow": "negative bases with fractional exponents", "asin": "numbers outside [-1, 1]",
    "acos": "numbers outside [-1, 1]", "acosh": "numbers below 1",
    "atanh": "numbers outside [-1, 1]", "erf_inv": "numbers outside [-1, 1]",
}  # fmt: skip


class NaNReport:
    """What is known of a NaN.

    Attributes
    ----------
    path : str
        The result and element that is NaN, as ``out['w'][3]``.
    born : Record or None
        The equation that made a NaN of operands without one; None if it came in from outside.
    operands : list
        The operands' values at the place of birth.
    forward : Record or None
        If the NaN was born in a derivative, the equation that was differentiated.
    infinite : Record or None
        The equation where an infinite operand came from.
    mask : Source or None
        The `where` that made the other operand zero.
    steps : list of Record
        From the birth to the result.
    remedy : str
        What to write instead.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.born: Record | None = None
        self.origin = ""
        self.operands: list[Any] = []
        self.forward: Record | None = None
        self.infinite: Record | None = None
        self.mask: Source | None = None
        self.steps: list[Record] = []
        self.remedy = ""

    def __str__(self) -> str:
        lines = [f"{self.path} is NaN."]
        if self.born is None:
            lines.append(f"  It came in with {self.origin}.")
        else:
            values = ", ".join(_number(v) for v in self.operands)
            what = f"{self.born.name}({values})"
            if self.in_derivative:
                name = self.forward.name if self.forward is not None else "what stands there"
                what += f", in the derivative of {name}"
            lines += [f"  It was born in {what}", f"    at {self.born.source}"]
        if self.infinite is not None:
            lines += [
                f"  The infinite operand came from {self.infinite.name}",
                f"    at {self.infinite.source}",
            ]
        if self.mask is not None:
            zero = "The zero operand came from a where" if self.in_derivative else "A where follows"
            lines += [f"  {zero}, which masks the value but not the slope,", f"    at {self.mask}"]
        lines += self._way()
        return "\n".join([*lines, f"  Remedy: {self.remedy}"])

    @property
    def in_derivative(self) -> bool:
        """Whether the NaN was born in a backward pass."""
        return self.born is not None and self.born.source is not None and self.born.source.backward

    def _way(self) -> list[str]:
        """Return the way of the NaN from its birth, line by line of the user's code."""
        seen: list[str] = []
        for r in self.steps:
            text = f"{r.name} at {r.source}"
            if not seen or seen[-1] != text:
                seen.append(text)
        if len(seen) > 8:
            seen = [*seen[:4], f"... {len(seen) - 8} more ...", *seen[-4:]]
        return ["  From there it went through"] + [f"    {s}" for s in seen] if seen else []

    __repr__ = __str__


def _number(x: Any) -> str:
    return f"{x:.6g}" if isinstance(x, float | complex | np.inexact) else str(x)


def _first_nan(x: Any) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(np.isnan(x))[0])


def _describe(x: Any, path: str) -> str:
    """Name the first NaN of an array."""
    x = np.asarray(x)
    index = "".join(f"[{i}]" for i in _first_nan(x))
    count = int(np.isnan(x).sum())
    return f"{path}{index}" + (f" (and {count - 1} other elements)" if count > 1 else "")


def _at(x: Any, index: tuple[int, ...], shape: tuple[int, ...]) -> Any:
    """Return the element of an operand that met the result's element, if shapes tell."""
    x = np.asarray(x)
    if x.shape == shape:
        return x[index].item()
    return x.item() if x.size == 1 else f"{x.dtype.name}{list(x.shape)}"


class _Trail:
    """Follows values back through what a Watch remembers."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    def report(self, x: Any, path: str) -> NaNReport:
        """Follow a NaN to its birth."""
        out = NaNReport(_describe(x, path))
        record = self.watch.producer(x)
        while record is not None:
            source = self._nan_operand(record)
            if source is None and any(has_nan(self._result(i)) for i in record.inner):
                record = self._inside(record)
                continue
            out.steps.insert(0, record)
            if source is None:
                self._explain_birth(out, out.steps.pop(0))
                return out
            x = source
            found = self.watch.producer(x)
            if found is None:
                # A row of what the loop around it runs over, perhaps.
                around = self.watch.outer.get(record.index)
                found = self._before(around) if around is not None else None
            if found is not None and found.index >= record.index:
                break
            record = found
        out.origin = _origin(x)
        out.remedy = (
            "this program did not make it: look at the argument or constant, before the call."
        )
        return out

    def _result(self, index: int) -> Any:
        outs = self.watch.records[index].outs
        return next((o for o in outs if has_nan(o)), None)

    def _inside(self, record: Record) -> Record:
        """Return the last equation inside that made a NaN."""
        index = next(i for i in reversed(record.inner) if has_nan(self._result(i)))
        return self.watch.records[index]

    def _before(self, around: Record) -> Record | None:
        """Return what made the NaN operand of a loop."""
        while True:
            operand = self._nan_operand(around)
            if operand is not None:
                return self.watch.producer(operand)
            outer = self.watch.outer.get(around.index)
            if outer is None:
                return None
            around = outer

    def _nan_operand(self, record: Record) -> Any:
        """Return an operand with a NaN, the one at the result's place if there is a choice."""
        nan = [a for a in record.args if has_nan(a)]
        bad = next((o for o in record.outs if has_nan(o)), None)
        if len(nan) > 1 and bad is not None:
            place = _first_nan(bad)
            for a in nan:
                if np.shape(a) == bad.shape and np.isnan(a[place]):
                    return a
        return nan[0] if nan else None

    def _explain_birth(self, out: NaNReport, born: Record) -> None:
        """Fill in what is known of the equation that made the NaN."""
        out.born = born
        bad = next((o for o in born.outs if has_nan(o)), None)
        if bad is None:
            out.remedy = "look at the operands of this equation."
            return
        place = _first_nan(bad)
        out.operands = [_at(a, place, bad.shape) for a in born.args]
        out.forward = self._forward_of(born)
        for a, v in zip(born.args, out.operands, strict=True):
            if isinstance(v, float) and np.isinf(v):
                out.infinite = self._birth_of(a, place, np.isinf)
            elif isinstance(v, float) and v == 0:
                out.mask = out.mask or self._mask_of(a, place)
        if not out.in_derivative:
            out.mask = self._mask_after(born) or self._mask_on_the_way(out, place, bad.shape)
        out.remedy = _remedy(out)

    def _forward_of(self, born: Record) -> Record | None:
        """Return the equation whose derivative an equation of a backward pass belongs to."""
        s = born.source
        if s is None or not s.backward:
            return None
        forward = (s.code, s.lasti, False)
        there = [r for r in self.watch.records[: born.index] if r.source == forward and not r.inner]
        singular = [r for r in there if r.name in _INFINITE_AT]
        return singular[0] if singular else there[-1] if there else None

    def _birth_of(self, x: Any, place: tuple[int, ...], test: Callable[..., Any]) -> Record | None:
        """Return the equation that made a value for which no operand passes the test."""
        record = self.watch.producer(x)
        while record is not None:
            shape = np.shape(x)
            following = None
            for a in record.args:
                v = _at(a, place, shape)
                if isinstance(v, float) and test(v):
                    following = a
            found = None if following is None else self.watch.producer(following)
            if found is None or found.index >= record.index:
                return record
            x, record = following, found
        return None

    def _mask_of(self, x: Any, place: tuple[int, ...]) -> Source | None:
        """Return the `where` behind a zero cotangent."""
        record, shape = self.watch.producer(x), np.shape(x)
        while record is not None and record.name in _CARRIERS:
            if record.name == "select_n" and any(
                np.ndim(a) == 0 and np.asarray(a).item() == 0 for a in record.args[1:]
            ):
                return record.source
            zeros = [a for a in record.args if _at(a, place, shape) == 0]
            candidates = zeros or [a for a in record.args if np.shape(a) == shape]
            if not candidates:
                return None
            found = self.watch.producer(candidates[0])
            if found is None or found.index >= record.index:
                return None
            record = found
        return None

    def _mask_after(self, born: Record) -> Source | None:
        """Return the `where` that removes a NaN from the value."""
        ids: set[int] = set()
        for r in self.watch.records:
            if r.source == born.source and r.name == born.name:
                ids.update(id(o) for o in r.outs)
            elif any(id(a) in ids for a in r.args):
                if r.name == "select_n" and not any(has_nan(o) for o in r.outs):
                    return r.source
                ids.update(id(o) for o in r.outs if has_nan(o))
        return None

    def _mask_on_the_way(
        self, out: NaNReport, place: tuple[int, ...], shape: tuple[int, ...]
    ) -> Source | None:
        """Return the `where` whose zero cotangent met the NaN later."""
        for r in out.steps:
            for a in r.args:
                if np.shape(a) == shape and _at(a, place, shape) == 0:
                    mask = self._mask_of(a, place)
                    if mask is not None:
                        return mask
        return None


def _origin(x: Any) -> str:
    shape = list(np.shape(x))
    return f"a value of shape {shape} from outside: an argument, a constant or a NumPy result"


def _remedy(report: NaNReport) -> str:
    """Return what to write instead."""
    born, forward = report.born, report.forward
    assert born is not None
    name = forward.name if forward is not None else born.name
    if report.in_derivative and forward is None:
        name = "f"
    if report.mask is not None or (report.in_derivative and report.infinite is not None):
        at = f" at {_INFINITE_AT[name]}" if name in _INFINITE_AT else " there"
        return (
            f"the slope of {name} is infinite or undefined{at}. Make its operand safe before, not its result "
            f"after:\n    safe = np.where(ok, x, 1.0); y = np.where(ok, {name}(safe), other)\n"
            "  or functorch_lite.safe_where(ok, f, x, otherwise=other)."
        )
    if name in _DOMAIN and forward is None:
        return f"{name} has no value at {_DOMAIN[name]}: clip or check its operand before."
    values = [v for v in report.operands if isinstance(v, float)]
    if any(np.isinf(v) for v in values):
        return (
            "an operand has overflowed to infinity: keep numbers in range (subtract the maximum "
            "before exp, work with logarithms, clip), or use float64."
        )
    if name == "div":
        return "0 / 0: add a small number to the denominator, or choose with safe_where."
    return "look at the operands above: one of them is outside the function's domain."


def _wraps(x: Any) -> bool:
    """Tell whether an argument is of a type that derivatives and NaNs flow through."""
    if isinstance(x, np.ndarray | np.generic):
        return x.dtype.kind in "fc"
    return type(x) in (float, complex)


def find_nan(fun: Callable[..., Any]) -> Callable[..., NaNReport | None]:
    """Return a function that runs `fun` and explains the first NaN in what it returns.

    Parameters
    ----------
    fun : callable
        Often ``grad(loss)`` or a training step; jitted or not.

    Returns
    -------
    callable
        With the arguments of `fun`; returns a `NaNReport`, or None if there is no NaN.

    Notes
    -----
    Every equation's result is kept until the report is made, so take a small batch.

    Examples
    --------
    >>> import numpy as np
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as fnp
    >>> def f(x):
    ...     return fnp.sum(fnp.where(x > 0, fnp.sqrt(x), 0.0))
    >>> report = fl.debug.find_nan(fl.grad(f))(np.array([1.0, 0.0]))
    >>> report.path, report.born.name, report.operands, report.forward.name
    ('out[1]', 'mul', [0.0, inf], 'sqrt')
    >>> fl.debug.find_nan(fl.grad(f))(np.array([1.0, 2.0])) is None
    True
    """

    @functools.wraps(fun, updated=())
    def find(*args: Any, **kwargs: Any) -> NaNReport | None:
        with np.errstate(all="ignore"), Watch() as watch:
            args, kwargs = tree_map(lambda x: watch.new_arg(x) if _wraps(x) else x, (args, kwargs))
            out = fun(*args, **kwargs)
        for path, leaf in tree_flatten_with_path(out)[0]:
            value = watch.lower(leaf.bare() if isinstance(leaf, Tracer) else leaf)
            value = getattr(value, "_data", value)
            if has_nan(value):
                return _Trail(watch).report(value, f"out{keystr(path)}")
        return None

    return find


@contextmanager
def debug_nans(enabled: bool = True) -> Iterator[None]:
    """Raise NaNError, with an explanation, if what is computed inside ends in a NaN.

    Parameters
    ----------
    enabled : bool
        Do nothing if False.

    Raises
    ------
    NaNError
        On leaving the block, for a NaN in a result that nothing inside has used up. A NaN that a
        `where` discards is none. Its attribute `report` is the `NaNReport`.

    Notes
    -----
    Programs run equation by equation, and all results are kept until the end: for debugging.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> with fl.debug.debug_nans():
    ...     g = fl.grad(lambda x: np.where(x > 0, np.log(x), 0.0))(0.0)
    Traceback (most recent call last):
        ...
    functorch_lite.errors.NaNError: a result of shape () is NaN.
      It was born in div(0, 0), in the derivative of log
    ...
    """
    if not enabled:
        yield
        return
    with np.errstate(all="ignore"), Watch() as watch:
        yield
    for _, out in watch.unused_results():
        if has_nan(out):
            report = _Trail(watch).report(out, f"a result of shape {np.shape(out)}")
            error = NaNError(str(report))
            error.report = report
            raise error


def safe_where(
    condition: Any, f: Callable[..., Any], *xs: Any, otherwise: Any = 0.0, safe: Any = 1.0
) -> Any:
    """Return ``f(*xs)`` where `condition` holds and `otherwise` elsewhere, with a finite gradient.

    ``where(c, f(x), 0)`` has a NaN gradient where f has an infinite slope or is undefined, though
    the value is masked. Here the operands are masked as well.

    Parameters
    ----------
    condition : array of bool
    f : callable
        Works element by element.
    *xs : array
        Its operands, of the shape of `condition` or broadcast to it.
    otherwise : array
        The value where `condition` does not hold.
    safe : number
        An operand at which `f` and its slope are finite.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> f = lambda x: fl.safe_where(x > 0, np.sqrt, x)
    >>> float(f(0.0)), float(fl.grad(f)(0.0)), float(fl.grad(f)(4.0))
    (0.0, 0.0, 0.25)
    """
    from .. import numpy as fnp

    return fnp.where(condition, f(*(fnp.where(condition, x, safe) for x in xs)), otherwise)
