"""Paths in pytrees: the keys of `jax.tree_util`, and how a path is written."""

import dataclasses
from collections.abc import Hashable, Sequence
from typing import Any, TypeVar

__all__ = ["DictKey", "FlattenedIndexKey", "GetAttrKey", "Key", "KeyEntry", "KeyPath"]
__all__ += ["SequenceKey", "keystr"]

KeyEntry = TypeVar("KeyEntry", bound=Hashable)
KeyPath = tuple[Any, ...]


class Key:
    """A step of a path: how a node's child is written in Python, after the node.

    Examples
    --------
    >>> str(GetAttrKey("x")), GetAttrKey("x")
    ('.x', GetAttrKey(name='x'))
    """

    simple: Any

    def __str__(self) -> str:
        return f"[{self.simple!r}]"


@dataclasses.dataclass(frozen=True)
class GetAttrKey(Key):
    """An attribute: of a namedtuple, or a class whose keys are attributes."""

    name: str

    @property
    def simple(self) -> Any:
        """The key alone."""
        return self.name

    def __str__(self) -> str:
        return f".{self.name}"


@dataclasses.dataclass(frozen=True)
class DictKey(Key):
    """A dictionary's key."""

    key: Hashable

    @property
    def simple(self) -> Any:
        """The key alone."""
        return self.key

    __str__ = Key.__str__


@dataclasses.dataclass(frozen=True)
class SequenceKey(Key):
    """A place in a list or tuple."""

    idx: int

    @property
    def simple(self) -> Any:
        """The key alone."""
        return self.idx

    __str__ = Key.__str__


@dataclasses.dataclass(frozen=True)
class FlattenedIndexKey(Key):
    """A child of a registered class that does not name its children."""

    key: int

    @property
    def simple(self) -> Any:
        """The key alone."""
        return self.key

    def __str__(self) -> str:
        return f"[<flat index {self.key}>]"


def keystr(path: Sequence[Any], *, simple: bool = False, separator: str = "") -> str:
    """Render a path as it would be written in Python.

    Parameters
    ----------
    path : sequence
        Of key objects or plain keys.
    simple : bool
        Leave brackets and dots out.
    separator : str
        Stands between the keys.

    Examples
    --------
    >>> keystr(("w", 0)), keystr(("w", 0), simple=True, separator="/")
    ("['w'][0]", 'w/0')
    """
    if simple:
        parts = [str(k.simple if isinstance(k, Key) else k) for k in path]
    else:
        parts = [str(k) if isinstance(k, Key) else f"[{k!r}]" for k in path]
    return separator.join(parts)
