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
from ._report import INFINITE_AT, NaNReport, remedy
from ._watch import Record, Watch, has_nan, known_value

__all__ = ["debug_nans", "find_nan", "safe_where"]

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


def _first_nan(x: Any) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(np.isnan(x))[0])


def _describe(x: Any, path: str) -> str:
    """Name the first NaN of an array."""
    x = np.asarray(x)
    index = "".join(f"[{i}]" for i in _first_nan(x))
    count = int(np.isnan(x).sum())
    others = f" (and {count - 1} other element{'s' if count > 2 else ''})" if count > 1 else ""
    return f"{path}{index}{others}"


def _at(x: Any, index: tuple[int, ...], shape: tuple[int, ...]) -> Any:
    """Return the element of an operand that met the result's element, if shapes tell."""
    x = np.asarray(x)
    if x.shape == shape and x.ndim == len(index):
        return x[index].item()
    return x.item() if x.size == 1 else f"{x.dtype.name}{list(x.shape)}"


def _place_in(
    x: Any, index: tuple[int, ...], shape: tuple[int, ...], test: Callable[..., Any]
) -> tuple[int, ...] | None:
    """Return where an operand passes a test: at the result's place, or anywhere if shapes differ."""
    x = np.asarray(x)
    if x.dtype.kind not in "fc":
        return None
    if x.shape == shape and x.ndim == len(index):
        return index if test(x[index]) else None
    found = np.argwhere(test(x))
    return tuple(int(i) for i in found[0]) if len(found) else None


def _is_zero(x: Any) -> Any:
    return np.equal(x, 0)


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
                out.steep = self._forward_of(out.infinite)
            elif isinstance(v, float) and v == 0:
                out.mask = out.mask or self._mask_of(a, place)
        if not out.in_derivative:
            out.mask = self._mask_after(born) or self._mask_on_the_way(out, place, bad.shape)
        out.remedy = remedy(out)

    def _forward_of(self, born: Record | None) -> Record | None:
        """Return the equation whose derivative an equation of a backward pass belongs to."""
        s = born.source if born is not None else None
        if born is None or s is None or not s.backward:
            return None
        forward = (s.code, s.lasti, False)
        there = [r for r in self.watch.records[: born.index] if r.source == forward and not r.inner]
        singular = [r for r in there if r.name in INFINITE_AT]
        return singular[0] if singular else there[-1] if there else None

    def _birth_of(self, x: Any, place: tuple[int, ...], test: Callable[..., Any]) -> Record | None:
        """Return the equation that made a value for which no operand passes the test."""
        record = self.watch.producer(x)
        while record is not None:
            places = [(a, _place_in(a, place, np.shape(x), test)) for a in record.args]
            following, there = next(((a, p) for a, p in places[::-1] if p is not None), (None, ()))
            found = None if following is None else self.watch.producer(following)
            if found is None or found.index >= record.index:
                return record
            x, place, record = following, there, found
        return None

    def _mask_of(self, x: Any, place: tuple[int, ...]) -> Source | None:
        """Return the `where` behind a zero cotangent."""
        record = self.watch.producer(x)
        while record is not None and record.name in _CARRIERS:
            if record.name == "select_n" and any(
                np.ndim(a) == 0 and np.asarray(a).item() == 0 for a in record.args[1:]
            ):
                return record.source
            places = [(a, _place_in(a, place, np.shape(x), _is_zero)) for a in record.args]
            zero, there = next(((a, p) for a, p in places if p is not None), (None, ()))
            found = None if zero is None else self.watch.producer(zero)
            if found is None or found.index >= record.index:
                return None
            x, place, record = zero, there, found
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
            value = known_value(leaf.bare() if isinstance(leaf, Tracer) else leaf)
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
