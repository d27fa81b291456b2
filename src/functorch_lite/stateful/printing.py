"""How Tensors print: as PyTorch's do.

One number format is chosen for a whole tensor: integers with a trailing point where all values
are whole, four decimals else, scientific where magnitudes differ widely. Tensors of more than a
thousand elements are abbreviated.
"""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["set_printoptions", "tensor_repr"]


@dataclasses.dataclass
class Options:
    """How numbers are shown; `set_printoptions` changes them."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


OPTIONS = Options()
_PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": float("inf"), "edgeitems": 3, "linewidth": 80},
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how Tensors print. See `torch.set_printoptions`.

    Parameters
    ----------
    precision : int, optional
        Digits behind the point.
    threshold : int, optional
        Larger Tensors are abbreviated.
    edgeitems : int, optional
        Elements shown at each end of an abbreviated axis.
    linewidth : int, optional
    profile : "default", "short" or "full", optional
        Sets the ones above; single options override it.
    sci_mode : bool, optional
        Scientific notation always or never; by default where magnitudes differ widely.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> fl.set_printoptions(precision=2)
    >>> fl.tensor([1.23456])
    tensor([1.23])
    >>> fl.set_printoptions(profile="default")
    """
    chosen = dict(_PROFILES[profile]) if profile is not None else {}
    given = {"precision": precision, "threshold": threshold}
    given |= {"edgeitems": edgeitems, "linewidth": linewidth}
    for name, value in (chosen | {k: v for k, v in given.items() if v is not None}).items():
        setattr(OPTIONS, name, value)
    OPTIONS.sci_mode = sci_mode


def tensor_repr(t: "Tensor") -> str:
    """Return what `repr` shows of a Tensor."""
    from .promotion import get_default_dtype

    value = t.value
    name = "Parameter containing:\ntensor(" if type(t).__name__ == "Parameter" else "tensor("
    indent = len("tensor(")
    usual = (get_default_dtype(), np.dtype(np.int64), np.dtype(np.bool_))
    complex_default = np.result_type(get_default_dtype(), np.complex64)
    suffixes = []
    if value.size == 0:
        body = "[]"
        if value.ndim != 1:
            suffixes.append(f"size={value.shape}")
        if value.dtype != get_default_dtype():
            suffixes.append(f"dtype={value.dtype.name}")
    else:
        body = _body(value, indent)
        if value.dtype not in usual and value.dtype != complex_default:
            suffixes.append(f"dtype={value.dtype.name}")
    grad_fn = t.grad_fn
    if grad_fn is not None:
        suffixes.append(f"grad_fn={grad_fn!r}")
    elif t.requires_grad:
        suffixes.append("requires_grad=True")
    return _with_suffixes(name + body, suffixes, indent)


def _with_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    """Append what is said besides the numbers, on a new line where it does not fit."""
    last = len(text) - text.rfind("\n") - 1
    for s in suffixes:
        if last + len(s) + 2 + (1 if s is suffixes[-1] else 0) > OPTIONS.linewidth:
            text += ",\n" + " " * indent + s
            last = indent + len(s)
        else:
            text += ", " + s
            last += len(s) + 2
    return text + ")"


def _body(value: Any, indent: int) -> str:
    shorten = value.size > OPTIONS.threshold
    shown = _edges(value) if shorten else value
    if value.dtype.kind == "c":
        return _nested(value, indent, _complex_format(shown), shorten)
    return _nested(value, indent, _Format(shown), shorten)


def _complex_format(shown: Any) -> Callable[[Any], str]:
    """Return the format of a complex array: real and imaginary parts have one each."""
    re, im = _Format(shown.real), _Format(shown.imag)

    def show(x: Any) -> str:
        imag = im(x.imag).lstrip()
        return f"{re(x.real)}{'' if imag.startswith('-') else '+'}{imag}j"

    return show


def _edges(x: Any) -> Any:
    """Return only the elements that are shown of an abbreviated array."""
    for d in range(x.ndim):
        if x.shape[d] > 2 * OPTIONS.edgeitems:
            ends = list(range(OPTIONS.edgeitems)) + list(
                range(x.shape[d] - OPTIONS.edgeitems, x.shape[d])
            )
            x = np.take(x, ends, axis=d)
    return x


class _Format:
    """The format of all elements of an array."""

    def __init__(self, x: Any) -> None:
        x = np.asarray(x).reshape(-1)
        self.floating = x.dtype.kind == "f"
        self.whole = False
        self.scientific = False
        self.width = 1
        if not self.floating:
            self.width = max(len(str(v)) for v in x.tolist())
            return
        finite = np.abs(x[np.isfinite(x) & (x != 0)]).astype(np.float64)
        if finite.size:
            high, low = float(finite.max()), float(finite.min())
            self.whole = bool(np.all(finite == np.ceil(finite)))
            wide = high / low > 1000.0 or high > 1e8
            self.scientific = wide if self.whole else wide or low < 1e-4
        else:
            self.whole = True
        if OPTIONS.sci_mode is not None:
            self.scientific = OPTIONS.sci_mode
        shown = x[np.isfinite(x) & (x != 0)]
        self.width = max([1, *(len(self.text(v)) for v in shown.tolist())])
        if not finite.size:
            self.width = max(len(self.text(v)) for v in x.tolist())

    def text(self, v: Any) -> str:
        """Format one number without padding."""
        if not self.floating:
            return str(v)
        if not np.isfinite(v):
            return str(v)
        if self.scientific:
            return f"{v:.{OPTIONS.precision}e}"
        return f"{v:.0f}." if self.whole else f"{v:.{OPTIONS.precision}f}"

    def __call__(self, v: Any) -> str:
        """Format one number, padded to the common width."""
        return self.text(v.item() if isinstance(v, np.generic | np.ndarray) else v).rjust(
            self.width
        )


def _nested(x: Any, indent: int, show: Any, shorten: bool) -> str:
    """Write an array as nested brackets."""
    if not x.ndim:
        return show(x[()]).strip() if x.dtype.kind != "c" else show(x[()])
    if x.ndim == 1:
        return _row(x, indent, show, shorten)
    n = x.shape[0]
    if shorten and n > 2 * OPTIONS.edgeitems:
        rows = [_nested(x[i], indent + 1, show, shorten) for i in range(OPTIONS.edgeitems)]
        rows += ["..."] + [
            _nested(x[i], indent + 1, show, shorten) for i in range(n - OPTIONS.edgeitems, n)
        ]
    else:
        rows = [_nested(x[i], indent + 1, show, shorten) for i in range(n)]
    gap = "," + "\n" * (x.ndim - 1) + " " * (indent + 1)
    return "[" + gap.join(rows) + "]"


def _row(x: Any, indent: int, show: Any, shorten: bool) -> str:
    """Write a vector, broken into lines."""
    n = len(x)
    if shorten and n > 2 * OPTIONS.edgeitems:
        words = (
            [show(v) for v in x[: OPTIONS.edgeitems]]
            + [" ..."]
            + [show(v) for v in x[-OPTIONS.edgeitems :]]
        )
    else:
        words = [show(v) for v in x]
    width = len(show(x[0])) + 2
    per_line = max(1, int((OPTIONS.linewidth - indent) // width))
    lines = [", ".join(words[i : i + per_line]) for i in range(0, len(words), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
