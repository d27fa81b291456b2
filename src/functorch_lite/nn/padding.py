"""Padding layers."""

from collections.abc import Sequence
from typing import Any

from . import functional as F
from .module import Module

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _Pad(Module):
    """Pad the last `nd` axes by (left, right, top, bottom, ...), or all by one width."""

    nd = 1
    mode = "constant"
    value: float | None = None

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        self.padding = (padding,) * (2 * self.nd) if isinstance(padding, int) else tuple(padding)

    def forward(self, input: Any) -> Any:
        """Pad."""
        return F.pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        """Return what repr shows."""
        return f"{self.padding}"


class _ConstantPad(_Pad):
    """Pad with a number."""

    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def extra_repr(self) -> str:
        """Return what repr shows."""
        return f"padding={self.padding}, value={self.value}"


def _layer(base: type, name: str, nd: int, mode: str, what: str) -> Any:
    text = f"Pad the last {nd} {'axis' if nd == 1 else 'axes'} {what}."
    attributes = {"nd": nd, "mode": mode, "__doc__": text, "__module__": __name__}
    return type(name, (base,), attributes)


ConstantPad1d, ConstantPad2d, ConstantPad3d = (
    _layer(_ConstantPad, f"ConstantPad{n}d", n, "constant", "with a number") for n in (1, 2, 3)
)
ZeroPad1d, ZeroPad2d, ZeroPad3d = (
    _layer(_Pad, f"ZeroPad{n}d", n, "constant", "with zeros") for n in (1, 2, 3)
)
ReflectionPad1d, ReflectionPad2d, ReflectionPad3d = (
    _layer(_Pad, f"ReflectionPad{n}d", n, "reflect", "with a mirror image") for n in (1, 2, 3)
)
ReplicationPad1d, ReplicationPad2d, ReplicationPad3d = (
    _layer(_Pad, f"ReplicationPad{n}d", n, "replicate", "with the edge") for n in (1, 2, 3)
)
CircularPad1d, CircularPad2d, CircularPad3d = (
    _layer(_Pad, f"CircularPad{n}d", n, "circular", "with the other end") for n in (1, 2, 3)
)
