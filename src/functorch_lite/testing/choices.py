"""Where random programs get their choices from: a seed, or hypothesis."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

__all__ = ["Choices", "DrawnChoices", "SeededChoices"]

T = TypeVar("T")


class Choices:
    """Makes choices; the first of several is the simplest."""

    def integer(self, low: int, high: int) -> int:
        """Return an integer in [low, high]."""
        raise NotImplementedError

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return options[self.integer(0, len(options) - 1)]

    def coin(self) -> bool:
        """Return True or False."""
        return bool(self.integer(0, 1))

    def together(self, make: "Callable[[Choices], T]") -> T:
        """Make choices that shrinking may take out as a whole."""
        return make(self)

    def generator(self) -> np.random.Generator:
        """Return a generator for the elements of arrays."""
        return np.random.default_rng(self.integer(0, 2**16))


class SeededChoices(Choices):
    """Choices from a seed.

    Examples
    --------
    >>> SeededChoices(0).integer(0, 9) == SeededChoices(0).integer(0, 9)
    True
    """

    def __init__(self, seed: int | Sequence[int]) -> None:
        self.rng = np.random.default_rng(seed)

    def integer(self, low: int, high: int) -> int:
        """Return an integer in [low, high]."""
        return int(self.rng.integers(low, high + 1))


class DrawnChoices(Choices):
    """Choices drawn from hypothesis, which then shrinks them.

    Parameters
    ----------
    draw : callable
        What `hypothesis.strategies.composite` hands to a strategy.
    """

    def __init__(self, draw: Callable[..., Any]) -> None:
        from hypothesis import strategies

        self.draw, self.integers = draw, strategies.integers

    def integer(self, low: int, high: int) -> int:
        """Return an integer in [low, high]."""
        return int(self.draw(self.integers(low, high)))

    def together(self, make: Callable[[Choices], T]) -> T:
        """Make choices that hypothesis may take out as a whole."""
        from hypothesis import strategies

        @strategies.composite
        def group(draw: Callable[..., Any]) -> T:
            return make(DrawnChoices(draw))

        return self.draw(group())
