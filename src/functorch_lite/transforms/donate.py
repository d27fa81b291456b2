"""Donated arguments: arrays that the caller gives up, and that results may be written into.

Three things decide: the call must be outside of other transforms, which may still need what they
have seen; the array must be whole and alone in its memory, for a promise covers what was passed
and nothing else; and the program must have a use for it.
"""

import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

from ..ir import Handover, Jaxpr, ShapedArray, current_source, current_state
from .call import run_call

__all__ = ["Memory", "is_donation", "is_whole", "own_results", "run_donated", "warn_unusable"]


class Memory(np.ndarray[Any, Any]):
    """Memory of one array, which is a view of it only for the sake of alignment.

    Examples
    --------
    >>> x = Memory((64,), np.uint8)[16:48].view("float32").view(np.ndarray)
    >>> is_whole(x), is_whole(x[1:])
    (True, False)
    """


def is_whole(x: Any) -> bool:
    """Tell whether an array may be overwritten by who owns it: no other array's memory is touched.

    That is so if it is row-major, writeable and no view. (Whether there are views *of it* cannot
    be told.)
    """
    if type(x) is not np.ndarray:
        return False
    flags = x.flags
    return flags.carray and (flags.owndata if x.base is None else type(x.base) is Memory)


def _unwrapped(x: Any) -> Any:
    """Return the array that a view shows all of, if nothing but the view refers to it.

    An `Array` of the namespace `numpy` is such a view.
    """
    if not isinstance(x, np.ndarray) or type(x.base) is not np.ndarray:
        return x
    if _holders_of_base(x) > _OF_ONE_VIEW or not x.flags.writeable:
        return x
    same = (x.base.shape, x.base.strides, x.base.dtype) == (x.shape, x.strides, x.dtype)
    return x.base if same else x


def _holders_of_base(x: np.ndarray[Any, Any]) -> int:
    """Count the references to what an array is a view of, that of this call included."""
    return sys.getrefcount(x.base)


_OF_ONE_VIEW = _holders_of_base(np.empty(1)[...])


def is_donation(aval: ShapedArray) -> bool:
    """Tell whether an argument of this type has memory to give."""
    return aval.ndim > 0 and aval.size > 0


def run_donated(jaxpr: Jaxpr, donated: tuple[int, ...], args: list[Any]) -> list[Any]:
    """Run a closed jaxpr; arguments at the positions in `donated` are given up.

    One that cannot be overwritten is copied. Results share memory with nothing but donated
    arguments. `args` is empty afterwards.
    """
    if current_state().level:  # a transform around may have kept the argument for its own use
        with np.errstate(all="ignore"):
            return own_results(run_call(jaxpr, args), args)
    for i in donated:
        args[i] = _unwrapped(args[i])
    for i in _shared(args, donated):
        args[i] = np.array(args[i], order="C")
    others = [x for i, x in enumerate(args) if i not in donated]
    given = Handover(args)
    args.clear()
    program = jaxpr.memo.get(("program", donated))
    with np.errstate(all="ignore"):
        outs = run_call(jaxpr, given, donated)
    return outs if getattr(program, "owns_outputs", False) else own_results(outs, others)


def _shared(args: Sequence[Any], positions: Sequence[int]) -> set[int]:
    """Return which positions hold an array that is no whole one, or shares memory with another."""
    shared = {i for i in positions if not is_whole(args[i])}
    count = Counter(map(id, args))
    shared |= {i for i in positions if count[id(args[i])] > 1}
    arrays = [(i, x) for i, x in enumerate(args) if isinstance(x, np.ndarray) and x.nbytes]
    if all(x.base is None for _, x in arrays):
        return shared  # each has memory of its own
    end, holder = 0, -1
    for start, stop, i in sorted([(*byte_bounds(x), i) for i, x in arrays]):
        if start < end:
            shared |= {i, holder}.intersection(positions)
        if stop > end:
            end, holder = stop, i
    return shared


def own_results(outs: list[Any], held: Iterable[Any]) -> list[Any]:
    """Copy results that share memory with one of the arrays `held`, or with each other."""
    taken = [x for x in held if isinstance(x, np.ndarray)]
    owned = []
    for out in outs:
        if isinstance(out, np.ndarray):
            out = np.asarray(out)
            shared = any(
                out is x
                or ((out.base is not None or x.base is not None) and np.may_share_memory(out, x))
                for x in taken
            )
            if shared or not out.flags.writeable:
                out = out.copy()
            taken.append(out)
        owned.append(out)
    return owned


def warn_unusable(name: str, given: Sequence[ShapedArray], results: Sequence[ShapedArray]) -> None:
    """Warn, as JAX does, of donated arguments that no result can take the place of."""
    room = Counter((a.shape, a.dtype) for a in results)
    unused = []
    for a in given:
        if room[a.shape, a.dtype] > 0:
            room[a.shape, a.dtype] -= 1
        else:
            unused.append(f"{a.dtype.name}[{','.join(map(str, a.shape))}]")
    if not unused:
        return
    source = current_source()
    message = (
        f"Some donated buffers were not usable: {', '.join(unused)}. No result of {name} has that "
        "shape and dtype and is not written into another donated array already; leave these "
        "arguments out of donate_argnums."
    )
    if source is None:
        warnings.warn(message, stacklevel=2)
    else:
        warnings.warn_explicit(message, UserWarning, source.file, source.line)
