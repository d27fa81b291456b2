"""Random numbers of the stateful layer: generators with a state that moves on.

The numbers are NumPy's (PCG64), not PyTorch's: the same seed gives another sequence than there.
Draws of many numbers have streams of their own, see `draws`.
Functional code should use keys (`functorch_lite.random`) instead.
"""

import os
from typing import Any

import numpy as np

__all__ = [
    "Generator",
    "default_generator",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "numpy_generator",
    "set_rng_state",
]


class Generator:
    """A source of random numbers.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> g = fl.Generator().manual_seed(3)
    >>> a = fl.rand(2, generator=g)
    >>> b = fl.rand(2, generator=g.manual_seed(3))
    >>> bool((a == b).all())
    True
    """

    def __init__(self, device: str = "cpu") -> None:
        self._seed: int | None = None
        self._numpy: np.random.Generator | None = None

    @property
    def numpy(self) -> np.random.Generator:
        """The NumPy generator; made when first needed, so that importing stays cheap."""
        if self._numpy is None:
            self._numpy = np.random.Generator(np.random.PCG64(self.initial_seed()))
        return self._numpy

    def manual_seed(self, seed: int) -> "Generator":
        """Start again from a seed; return the generator."""
        self._seed = abs(int(seed))
        self._numpy = None
        return self

    def initial_seed(self) -> int:
        """Return the seed it was started from."""
        if self._seed is None:
            self._seed = int.from_bytes(os.urandom(7), "little")
        return self._seed

    def get_state(self) -> Any:
        """Return the state, for `set_state`."""
        return self.numpy.bit_generator.state

    def set_state(self, state: Any) -> "Generator":
        """Go back to a state that `get_state` returned."""
        self.numpy.bit_generator.state = state
        return self


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Seed the default generator.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> generator = fl.manual_seed(0)
    >>> a = fl.rand(3)
    >>> generator = fl.manual_seed(0)
    >>> bool((a == fl.rand(3)).all())
    True
    """
    return default_generator.manual_seed(seed)


def initial_seed() -> int:
    """Return the seed of the default generator."""
    return default_generator.initial_seed()


def get_rng_state() -> Any:
    """Return the state of the default generator."""
    return default_generator.get_state()


def set_rng_state(state: Any) -> None:
    """Set the state of the default generator."""
    default_generator.set_state(state)


def numpy_generator(generator: Generator | None) -> np.random.Generator:
    """Return the NumPy generator behind a generator, the default one for None."""
    return (default_generator if generator is None else generator).numpy
