"""Hypothesis strategies: shapes, arrays, pytrees, programs and stacks of transforms.

Hypothesis is imported when a strategy is made, never with this module. Everything shrinks: fewer
operations, fewer transforms, smaller arrays, rounder numbers.
"""

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir import Jaxpr
from .choices import DrawnChoices
from .generate import RandomProgram, random_program
from .opspecs import Domain
from .reduce import reduce_program
from .replay import replay_seed
from .stacks import LAYERS

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["arrays", "functions", "given_function", "pytrees", "shapes", "transforms"]

LAYOUTS = ("C", "F", "strided", "negative", "broadcast", "readonly")
_BOUNDS = {
    "any": (-4.0, 4.0),
    "positive": (0.25, 4.0),
    "unit": (-0.875, 0.875),
    "above one": (1.25, 4.0),
}


def shapes(
    max_dims: int = 3, max_side: int = 4, *, min_dims: int = 0, min_side: int = 0
) -> "SearchStrategy[tuple[int, ...]]":
    """Return a strategy for shapes, of rank 0 and of empty arrays included.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(shapes(), lambda s: len(s) == 2)
    (0, 0)
    """
    from hypothesis import strategies as st

    side = st.integers(min_side, max_side)
    return st.lists(side, min_size=min_dims, max_size=max_dims).map(tuple)


def arrays(
    shape: Any = None,
    dtype: Any = "float64",
    domain: str | tuple[float, float] | Domain = "any",
    layout: str = "any",
) -> "SearchStrategy[np.ndarray[Any, Any]]":
    """Return a strategy for arrays.

    Parameters
    ----------
    shape : tuple of int, strategy or None
        Any shape if None.
    dtype : dtype or strategy of dtypes
    domain : {"any", "positive", "unit", "above one"}, (low, high) or Domain
        Where the elements (for complex dtypes: their parts) lie.
    layout : {"any", "C", "F", "strided", "negative", "broadcast", "readonly"}
        How the array lies in memory; "strided" is every second element of a larger array,
        "negative" runs backwards, "broadcast" repeats one slice along the first axis.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(arrays((2,), domain="positive", layout="negative"), lambda x: True).strides
    (-8,)
    """
    from hypothesis import strategies as st

    if layout != "any" and layout not in LAYOUTS:
        raise ValueError(f"layout must be 'any' or one of {LAYOUTS}, got {layout!r}")

    @st.composite
    def make(draw: Any) -> np.ndarray[Any, Any]:
        given = shapes() if shape is None else shape
        size = draw(given) if isinstance(given, st.SearchStrategy) else tuple(given)
        kind = np.dtype(draw(dtype) if isinstance(dtype, st.SearchStrategy) else dtype)
        chosen = draw(st.sampled_from(LAYOUTS)) if layout == "any" else layout
        return lay_out(_elements(draw, size, kind, domain), chosen)

    return make()


def _elements(draw: Any, shape: tuple[int, ...], dtype: np.dtype[Any], domain: Any) -> Any:
    """Draw the elements of an array, in C order."""
    from hypothesis import strategies as st

    if isinstance(domain, Domain):
        seed = draw(st.integers(0, 2**16))
        return np.asarray(domain.draw(np.random.default_rng(seed), shape), dtype)
    n = int(np.prod(shape))
    if dtype.kind == "b":
        values = draw(st.lists(st.booleans(), min_size=n, max_size=n))
        return np.array(values, bool).reshape(shape)
    low, high = _BOUNDS[domain] if isinstance(domain, str) else domain
    if dtype.kind in "iu":
        start = 0 if dtype.kind == "u" else int(np.floor(low))
        numbers = st.integers(start, int(np.ceil(high)))
        return np.array(draw(st.lists(numbers, min_size=n, max_size=n)), dtype).reshape(shape)
    # Multiples of 1/64: exact in every floating dtype, and they shrink to round numbers.
    scaled = st.integers(int(np.ceil(low * 64)), int(np.floor(high * 64)))
    m = 2 * n if dtype.kind == "c" else n
    x = np.array(draw(st.lists(scaled, min_size=m, max_size=m)), np.float64) / 64
    if dtype.kind == "c":
        x = x[:n] + 1j * x[n:]
    return x.astype(dtype).reshape(shape)


def lay_out(x: np.ndarray[Any, Any], layout: str) -> np.ndarray[Any, Any]:
    """Return equal values (for "broadcast": those of the first slice) in another layout.

    Examples
    --------
    >>> lay_out(np.arange(3.0), "strided").strides
    (16,)
    """
    if layout == "F":
        return np.asfortranarray(x)
    if layout == "readonly":
        x = x.copy()
        x.flags.writeable = False
        return x
    if x.ndim == 0 or layout == "C":
        return x
    if layout == "strided":
        wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
        wide[..., ::2] = x
        return wide[..., ::2]
    if layout == "negative":
        flipped = tuple(slice(None, None, -1) for _ in x.shape)
        return np.ascontiguousarray(x[flipped])[flipped]
    return np.broadcast_to(x[:1], x.shape) if x.shape[0] else x


def pytrees(
    leaves: "SearchStrategy[Any] | None" = None, max_leaves: int = 5
) -> "SearchStrategy[Any]":
    """Return a strategy for nested tuples, lists and dicts of arrays.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(pytrees(arrays(())), lambda t: isinstance(t, dict) and len(t) == 1)
    {'a': array(0.)}
    """
    from hypothesis import strategies as st

    def wrap(inner: Any) -> Any:
        named = st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        return st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple) | named

    return st.recursive(arrays() if leaves is None else leaves, wrap, max_leaves=max_leaves)


def functions(
    size: int = 8, dtype: str = "float64", nesting: int = 1
) -> "SearchStrategy[RandomProgram]":
    """Return a strategy for random programs over the registered primitives.

    Parameters
    ----------
    size : int
        Most operations.
    dtype : str
        Of the inputs.
    nesting : int
        How deep loops, branches and calls may contain each other.

    Examples
    --------
    >>> from hypothesis import find, settings
    >>> quick = settings(database=None)
    >>> program = find(functions(), lambda p: len(p.jaxpr.eqns) > 0, settings=quick)
    >>> len(program(*program.args)) == len(program.jaxpr.outs)
    True
    """
    from hypothesis import strategies as st

    @st.composite
    def make(draw: Any) -> RandomProgram:
        return random_program(DrawnChoices(draw), size, dtype, nesting)

    return make()


def transforms(depth: int = 3, names: Sequence[str] = LAYERS) -> "SearchStrategy[list[str]]":
    """Return a strategy for stacks of transforms, as `check_stack` takes them.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(transforms(), lambda layers: len(layers) == 2)
    ['jit', 'jit']
    """
    from hypothesis import strategies as st

    return st.lists(st.sampled_from(list(names)), min_size=1, max_size=depth)


def given_function(
    *,
    max_examples: int = 50,
    size: int = 8,
    depth: int = 3,
    dtype: str = "float64",
    nesting: int = 1,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Run a test with random programs, and with random stacks if it asks for them.

    The test's first parameter gets a `RandomProgram`; a second, if there is one, a list of
    transforms. On failure the smallest program is printed as Python. The examples are the same
    in every run unless ``pytest --functorch-lite-seed`` gives another seed.

    Examples
    --------
    >>> from functorch_lite.testing import check_stack
    >>> @given_function(max_examples=3, size=2, depth=1)
    ... def test_all(program, layers):
    ...     check_stack(program, program.args, layers)
    >>> test_all()
    """
    from hypothesis import HealthCheck, given, seed, settings

    def decorate(test: Callable[..., Any]) -> Callable[..., Any]:
        names = list(inspect.signature(test).parameters)
        strategies: dict[str, Any] = {names[0]: functions(size, dtype, nesting)}
        if len(names) > 1:
            strategies[names[1]] = transforms(depth)

        @functools.wraps(test)
        def run(**drawn: Any) -> None:
            try:
                test(**drawn)
            except Exception as e:
                # Shrunk only if someone reports it: hypothesis tries many failures.
                e.functorch_lite_program = functools.partial(  # type: ignore[attr-defined]
                    _smallest, test, names[0], drawn, type(e)
                )
                raise

        quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
        configure = settings(
            max_examples=max_examples, deadline=None, suppress_health_check=quiet, database=None
        )
        return seed(replay_seed())(configure(given(**strategies)(run)))

    return decorate


def _smallest(
    test: Callable[..., Any], name: str, drawn: dict[str, Any], kind: type[BaseException]
) -> str:
    """Return the smallest program, as Python, that fails a test in the same way."""

    def fails(jaxpr: Jaxpr, args: list[Any]) -> bool:
        try:
            test(**(drawn | {name: RandomProgram(jaxpr, args)}))
        except Exception as e:
            return isinstance(e, kind)
        return False

    program = drawn[name]
    return RandomProgram(*reduce_program(program.jaxpr, program.args, fails, 5.0)).source()
