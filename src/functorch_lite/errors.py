"""Every exception that functorch_lite raises on purpose.

A message says what was wrong, where in the user's code, and what to write instead.
"""

from typing import Any

__all__ = [
    "CheckpointError",
    "ConcretizationError",
    "DTypeError",
    "DownloadError",
    "FunctorchLiteError",
    "InterruptedRunError",
    "KeyReuseError",
    "LeakedTracerError",
    "MissingRuleError",
    "NaNError",
    "NonDifferentiableError",
    "PytreeError",
    "ShapeError",
    "UnsupportedNumPyError",
    "missing_name",
]


class FunctorchLiteError(Exception):
    """Base class of all errors raised by functorch_lite."""


class ShapeError(FunctorchLiteError, ValueError, RuntimeError):
    """Shapes, axes or sizes do not fit: a ValueError as in NumPy, a RuntimeError as in PyTorch."""


class DTypeError(FunctorchLiteError, TypeError):
    """A dtype is not supported by an operation, or dtypes do not fit together."""


class ConcretizationError(FunctorchLiteError, TypeError):
    """Python asked for the value of a tracer whose value is not known while tracing."""


class InterruptedRunError(FunctorchLiteError, RuntimeError):
    """A Tensor's value is lost, or not there yet: the program that makes it was interrupted."""


class KeyReuseError(FunctorchLiteError, RuntimeError):
    """A random key was used twice while `random.debug_key_reuse` was on."""


class LeakedTracerError(FunctorchLiteError, RuntimeError):
    """A tracer was used after the transform that made it had ended."""


class MissingRuleError(FunctorchLiteError, NotImplementedError):
    """A primitive has no rule for the transform that was asked for."""


class NaNError(FunctorchLiteError, FloatingPointError):
    """A result is NaN while `debug.debug_nans` is on; `report` says where it was born."""

    report: Any = None


class NonDifferentiableError(FunctorchLiteError, TypeError):
    """A derivative was asked for with respect to something that has none."""


class PytreeError(FunctorchLiteError, ValueError):
    """Two pytrees that must agree have different structures."""


class UnsupportedNumPyError(FunctorchLiteError, TypeError):
    """A NumPy function was called on a tracer that functorch_lite does not implement."""


class CheckpointError(FunctorchLiteError, ValueError):
    """A checkpoint file is truncated, corrupted, hostile or of an unknown format."""


class DownloadError(FunctorchLiteError, OSError):
    """A file could not be downloaded, or what came does not match its checksum."""


def missing_name(module: str, name: str, left_out: dict[str, str]) -> AttributeError:
    """Return the error for a name that a namespace does not have, with what to use instead.

    Examples
    --------
    >>> print(missing_name("lax", "infeed", {"infeed": "there are no devices; pass arrays"}))
    lax has no 'infeed': there are no devices; pass arrays
    """
    if name in left_out:
        return AttributeError(f"{module} has no {name!r}: {left_out[name]}")
    return AttributeError(f"module {module!r} has no attribute {name!r}")
