"""Signatures of native kernels, as short C-like text: ``"void(f32*, f32*, i64)"``.

grammar::

    signature ::= result "(" [type {"," type}] ")"
    result    ::= "void" | scalar
    type      ::= scalar | scalar "*"
    scalar    ::= i8 | i16 | i32 | i64 | u8 | u16 | u32 | u64 | f32 | f64

A boolean array is a ``u8*``.  The text is enough to call machine code from a process that never
imports numba; its numba and LLVM spellings are derived from it when something is compiled.
"""

import ctypes
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

__all__ = ["Signature", "parse_signature"]

_CTYPES: dict[str, Any] = {
    "i8": ctypes.c_int8,
    "i16": ctypes.c_int16,
    "i32": ctypes.c_int32,
    "i64": ctypes.c_int64,
    "u8": ctypes.c_uint8,
    "u16": ctypes.c_uint16,
    "u32": ctypes.c_uint32,
    "u64": ctypes.c_uint64,
    "f32": ctypes.c_float,
    "f64": ctypes.c_double,
}
_SIGNATURE = re.compile(r"\s*(\w+)\s*\(([^()]*)\)\s*")


@dataclass(frozen=True)
class Signature:
    """A parsed signature.

    Attributes
    ----------
    result : str
        ``"void"`` or a scalar type.
    args : tuple of str
        Scalar types such as ``"i64"`` and pointer types such as ``"f32*"``.

    Examples
    --------
    >>> str(parse_signature("void( f32*,i64 )"))
    'void(f32*, i64)'
    """

    result: str
    args: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.result}({', '.join(self.args)})"

    @property
    def ctypes_result(self) -> Any:
        """The ctypes type of the result, None for ``void``."""
        return None if self.result == "void" else _CTYPES[self.result]

    @property
    def ctypes_args(self) -> tuple[Any, ...]:
        """The ctypes types of the arguments; every pointer is a ``c_void_p``."""
        return tuple(ctypes.c_void_p if a[-1] == "*" else _CTYPES[a] for a in self.args)

    @property
    def llvm_result(self) -> str:
        """The LLVM type of the result."""
        return "void" if self.result == "void" else llvm_type(self.result)

    @property
    def llvm_args(self) -> tuple[str, ...]:
        """The LLVM types of the arguments."""
        return tuple(llvm_type(a) for a in self.args)


def llvm_type(name: str) -> str:
    """Spell one argument type for LLVM."""
    if name[-1] == "*":
        return "ptr"
    if name[0] == "f":
        return "float" if name == "f32" else "double"
    return "i" + name[1:]


@lru_cache(maxsize=4096)
def parse_signature(text: str) -> Signature:
    """Parse a signature.

    Parameters
    ----------
    text : str
        For example ``"void(f32*, i64, f64)"``.

    Returns
    -------
    Signature

    Raises
    ------
    ValueError
        If the text does not follow the grammar in this module's docstring.

    Examples
    --------
    >>> parse_signature("i64(f32*, f64)").args
    ('f32*', 'f64')
    """
    match = _SIGNATURE.fullmatch(text)
    if match is None:
        raise ValueError(f"not a kernel signature: {text!r}; write e.g. 'void(f32*, i64)'")
    result = match[1]
    args = tuple(a.replace(" ", "") for a in match[2].split(",")) if match[2].strip() else ()
    for name in (*args, *(() if result == "void" else (result,))):
        if name.removesuffix("*") not in _CTYPES:
            raise ValueError(
                f"unknown type {name!r} in kernel signature {text!r}; "
                f"known are {', '.join(_CTYPES)} and pointers to them"
            )
    if result.endswith("*"):
        raise ValueError(f"a kernel cannot return a pointer: {text!r}")
    return Signature(result, args)
