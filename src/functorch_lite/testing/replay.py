"""The seed of random programs, which the pytest plugin sets."""

__all__ = ["replay_seed", "set_replay_seed"]

_seed = [0]


def replay_seed() -> int:
    """Return the seed that random programs of this run start from.

    Examples
    --------
    >>> replay_seed()
    0
    """
    return _seed[0]


def set_replay_seed(seed: int) -> None:
    """Choose where random programs start from."""
    _seed[0] = seed
