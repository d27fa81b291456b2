"""Instructions of LLVM as text, for values of the types that kernels have."""

import ast
import math
import struct
from typing import NamedTuple

__all__ = ["LLVM", "Instructions", "Untranslatable", "Value", "double_text", "join_types"]

LLVM = {"bool": "i1", "u8": "i8", "i32": "i32", "i64": "i64", "f32": "float", "f64": "double"}
_FLOAT_OPS = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}
_INT_OPS = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul"}
_BIT_OPS = {ast.BitAnd: "and", ast.BitOr: "or", ast.BitXor: "xor"}
_COMPARE = {
    ast.Eq: ("oeq", "eq"),
    ast.NotEq: ("une", "ne"),
    ast.Lt: ("olt", "slt"),
    ast.LtE: ("ole", "sle"),
    ast.Gt: ("ogt", "sgt"),
    ast.GtE: ("oge", "sge"),
}


class Untranslatable(Exception):
    """A source uses more of Python than this module knows."""


class Value(NamedTuple):
    """The text of an LLVM value and its type."""

    text: str
    type: str


class Instructions:
    """Writes the instructions of one function.

    Attributes
    ----------
    lines : list of str
    block : str
        The label of the block that is being written; empty when it has ended.
    flags : str
        LLVM's fast-math flags for the arithmetic of floats.
    """

    def __init__(self, flags: str) -> None:
        self.flags = f"{flags} " if flags else ""
        self.lines: list[str] = []
        self.block = "entry"
        self._count = 0

    def fresh(self, prefix: str) -> str:
        """Return a new name."""
        self._count += 1
        return f"{prefix}{self._count}"

    def put(self, text: str, type_: str) -> Value:
        """Add an instruction with a result."""
        name = self.fresh("%t")
        self.lines.append(f"  {name} = {text}")
        return Value(name, type_)

    def branch(self, text: str) -> None:
        """End a block, unless it has ended."""
        if self.block:
            self.lines.append(f"  br {text}")
        self.block = ""

    def label(self, name: str) -> None:
        """Begin a block."""
        self.lines.append(f"{name}:")
        self.block = name

    def convert(self, x: Value, type_: str) -> Value:
        """Cast a value as C does."""
        old = x.type
        if old == type_:
            return x
        if type_ == "bool":
            zero = "une float" if old == "f32" else "une double"
            text = (
                f"fcmp {zero} {x.text}, 0.0"
                if old[0] == "f"
                else f"icmp ne {LLVM[old]} {x.text}, 0"
            )
            return self.put(text, "bool")
        if old[0] == "f" and type_[0] == "f":
            word = "fpext" if type_ == "f64" else "fptrunc"
        elif old[0] == "f":
            word = "fptoui" if type_ == "u8" else "fptosi"
        elif type_[0] == "f":
            word = "uitofp" if old in ("bool", "u8") else "sitofp"
        elif old in ("bool", "u8"):
            word = "zext"
        else:
            word = "sext" if type_ == "i64" else "trunc"
        return self.put(f"{word} {LLVM[old]} {x.text} to {LLVM[type_]}", type_)

    def binary(self, op: ast.operator, x: Value, y: Value) -> Value:
        """Apply an operator of Python."""
        if type(op) in _BIT_OPS and x.type == y.type == "bool":
            return self.put(f"{_BIT_OPS[type(op)]} i1 {x.text}, {y.text}", "bool")
        type_ = "f64" if isinstance(op, ast.Div) and "f" not in x.type[0] + y.type[0] else ""
        type_ = type_ or join_types(x.type, y.type, wide=True)
        x, y = self.convert(x, type_), self.convert(y, type_)
        if type_[0] == "f":
            if type(op) not in _FLOAT_OPS:
                raise Untranslatable(f"an operator of floats: {op}")
            word = f"{_FLOAT_OPS[type(op)]} {self.flags}{LLVM[type_]}"
            return self.put(f"{word} {x.text}, {y.text}", type_)
        if isinstance(op, ast.FloorDiv):
            return self.floor_divide(x, y)
        found = _INT_OPS.get(type(op)) or _BIT_OPS.get(type(op))
        if found is None:
            raise Untranslatable(f"an operator of integers: {op}")
        return self.put(f"{found} i64 {x.text}, {y.text}", "i64")

    def floor_divide(self, x: Value, y: Value) -> Value:
        """Divide and round down; by 0 the result is 0."""
        is_zero = self.put(f"icmp eq i64 {y.text}, 0", "bool").text
        divisor = self.put(f"select i1 {is_zero}, i64 1, i64 {y.text}", "i64").text
        quotient = self.put(f"sdiv i64 {x.text}, {divisor}", "i64").text
        rest = self.put(f"srem i64 {x.text}, {divisor}", "i64").text
        signs = self.put(f"xor i64 {rest}, {divisor}", "i64").text
        differ = self.put(f"icmp slt i64 {signs}, 0", "bool").text
        inexact = self.put(f"icmp ne i64 {rest}, 0", "bool").text
        above = self.put(f"and i1 {differ}, {inexact}", "bool").text
        floor = self.put(
            f"sub i64 {quotient}, {self.put(f'zext i1 {above} to i64', 'i64').text}", "i64"
        )
        return self.put(f"select i1 {is_zero}, i64 0, i64 {floor.text}", "i64")

    def compare(self, op: ast.cmpop, x: Value, y: Value) -> Value:
        """Compare as Python does; a comparison with NaN is false but for `!=`."""
        if type(op) not in _COMPARE:
            raise Untranslatable(f"a comparison: {op}")
        type_ = join_types(x.type, y.type, wide=True)
        x, y = self.convert(x, type_), self.convert(y, type_)
        of_floats, of_ints = _COMPARE[type(op)]
        if type_[0] == "f":
            return self.put(
                f"fcmp {self.flags}{of_floats} {LLVM[type_]} {x.text}, {y.text}", "bool"
            )
        return self.put(f"icmp {of_ints} i64 {x.text}, {y.text}", "bool")


def join_types(a: str, b: str, *, wide: bool = False) -> str:
    """Return the type in which two types meet; `wide` for arithmetic, which is in 64 bits."""
    if a == b and (a[0] == "f" or not wide):
        return a
    if a[0] == "f" and b[0] == "f":
        return "f64"
    return "f64" if "f" in (a[0], b[0]) else "i64"


def double_text(value: float) -> str:
    """Write a float64 constant exactly."""
    if math.isnan(value):
        return "0x7FF8000000000000"
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"
