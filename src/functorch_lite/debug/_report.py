"""What is said of a NaN: its place, its birth and the remedy."""

import ast
import itertools
from typing import Any

import numpy as np

from ..ir import Source
from ._watch import Record

__all__ = ["INFINITE_AT", "NaNReport", "remedy"]

INFINITE_AT = {
    "sqrt": "0", "rsqrt": "0", "log": "0", "log2": "0", "log10": "0", "log1p": "-1", "cbrt": "0",
    "div": "a zero denominator", "pow": "0", "asin": "-1 and 1", "acos": "-1 and 1",
    "acosh": "1", "atanh": "-1 and 1", "abs": "0", "hypot": "(0, 0)", "atan2": "(0, 0)",
    "integer_pow": "0", "erf_inv": "-1 and 1", "lgamma": "0", "digamma": "0",
}  # fmt: skip
_DOMAIN = {
    "sqrt": "numbers below 0", "rsqrt": "numbers below 0", "log": "numbers below 0",
    "log2": "numbers below 0", "log10": "numbers below 0", "log1p": "numbers below -1",
    "pow": "negative bases with fractional exponents", "asin": "numbers outside [-1, 1]",
    "acos": "numbers outside [-1, 1]", "acosh": "numbers below 1",
    "atanh": "numbers outside [-1, 1]", "erf_inv": "numbers outside [-1, 1]",
}  # fmt: skip


class NaNReport:
    """What is known of a NaN.

    Attributes
    ----------
    path : str
        The result and element that is NaN, as ``out['w'][3]``.
    born : Record or None
        The equation that made a NaN of operands without one; None if it came in from outside.
    operands : list
        The operands' values at the place of birth.
    forward : Record or None
        If the NaN was born in a derivative, the equation that was differentiated.
    infinite : Record or None
        The equation where an infinite operand came from.
    steep : Record or None
        If that was a derivative, the equation that was differentiated.
    mask : Source or None
        The `where` that made the other operand zero.
    steps : list of Record
        From the birth to the result.
    remedy : str
        What to write instead.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.born: Record | None = None
        self.origin = ""
        self.operands: list[Any] = []
        self.forward: Record | None = None
        self.infinite: Record | None = None
        self.steep: Record | None = None
        self.mask: Source | None = None
        self.steps: list[Record] = []
        self.remedy = ""

    def __str__(self) -> str:
        lines = [f"{self.path} is NaN."]
        if self.born is None:
            lines.append(f"  It came in with {self.origin}.")
        else:
            values = ", ".join(_number(v) for v in self.operands)
            what = f"{self.born.name}({values}){_of_derivative(self.born, self.forward)}"
            lines += [f"  It was born in {what}", f"    at {self.born.source}"]
        if self.infinite is not None:
            lines += [
                f"  The infinite operand came from {self.infinite.name}"
                + _of_derivative(self.infinite, self.steep),
                f"    at {self.infinite.source}",
            ]
        if self.mask is not None:
            zero = "The zero operand came from a where" if self.in_derivative else "A where follows"
            lines += [f"  {zero}, which masks the value but not the slope,", f"    at {self.mask}"]
        lines += self._way()
        return "\n".join([*lines, f"  Remedy: {self.remedy}"])

    @property
    def in_derivative(self) -> bool:
        """Whether the NaN was born in a backward pass."""
        return self.born is not None and _in_derivative(self.born)

    def _way(self) -> list[str]:
        """Return the way of the NaN from its birth, line by line of the user's code."""
        groups = itertools.groupby(self.steps, key=lambda r: str(r.source))
        seen = [
            f"{', '.join(n for n, _ in itertools.groupby(r.name for r in records))} at {source}"
            for source, records in groups
        ]
        if len(seen) > 8:
            seen = [*seen[:4], f"... {len(seen) - 8} more ...", *seen[-4:]]
        return ["  From there it went through"] + [f"    {s}" for s in seen] if seen else []

    __repr__ = __str__


def _number(x: Any) -> str:
    return f"{x:.6g}" if isinstance(x, float | complex | np.inexact) else str(x)


def _in_derivative(record: Record) -> bool:
    return record.source is not None and record.source.backward


def _differentiated(record: Record | None, forward: Record | None) -> str:
    """Return the name of the function whose derivative an equation belongs to, or nothing."""
    if forward is not None:
        return forward.name
    if record is None or record.source is None or not record.source.backward:
        return ""
    # Under jit the forward equation may not run, but it stands in the user's code.
    return _called(record.source.expression)


def _tangent_of(record: Record | None) -> str:
    """Return the function whose tangent in forward mode an equation seems to compute."""
    if record is None or record.source is None:
        return ""
    name = _called(record.source.expression)
    return name if name in INFINITE_AT and name != record.name else ""


def _of_derivative(record: Record, forward: Record | None) -> str:
    if not _in_derivative(record):
        return ""
    return f", in the derivative of {_differentiated(record, forward) or 'what stands there'}"


_OPERATORS: dict[type[ast.AST], str] = {ast.Div: "div", ast.Pow: "pow"}


def _called(expression: str) -> str:
    """Return the name of what an expression calls, as a primitive is named; or nothing."""
    try:
        node = ast.parse(expression.strip(), mode="eval").body
    except SyntaxError:
        return ""
    if isinstance(node, ast.BinOp):
        return _OPERATORS.get(type(node.op), "")
    called = getattr(node, "func", None)
    return getattr(called, "attr", getattr(called, "id", ""))


def _safe_form(name: str) -> str:
    """Return how a function is written so that its slope stays finite."""
    if name == "div":
        masked, safe = "denominator", "numerator / safe"
    else:
        masked, safe = "x", "safe ** p" if name.endswith("pow") else f"{name}(safe)"
    return f"safe = np.where(ok, {masked}, 1.0); y = np.where(ok, {safe}, other)"


def remedy(report: NaNReport) -> str:
    """Return what to write instead."""
    born, forward = report.born, report.forward
    assert born is not None
    name = born.name
    if report.in_derivative:
        # An infinite slope met a zero slope: the first is to blame.
        steep = _differentiated(report.infinite, report.steep) or _tangent_of(report.infinite)
        name = steep or _differentiated(born, forward) or "f"
    if report.mask is not None or (report.in_derivative and report.infinite is not None):
        at = f" at {INFINITE_AT[name]}" if name in INFINITE_AT else " there"
        norm = (
            " The slope of np.linalg.norm at 0 is 0." if name == "sqrt" and not report.mask else ""
        )
        return (
            f"the slope of {name} is infinite or undefined{at}. Make its operand safe before, not its "
            f"result after:\n    {_safe_form(name)}\n"
            f"  or functorch_lite.safe_where(ok, f, x, otherwise=other).{norm}"
        )
    if name in _DOMAIN and forward is None:
        return f"{name} has no value at {_DOMAIN[name]}: clip or check its operand before."
    values = [v for v in report.operands if isinstance(v, float)]
    if any(np.isinf(v) for v in values):
        return (
            "an operand has overflowed to infinity: keep numbers in range (subtract the maximum "
            "before exp, work with logarithms, clip), or use float64."
        )
    if name == "div":
        return "0 / 0: add a small number to the denominator, or choose with safe_where."
    return "look at the operands above: one of them is outside the function's domain."
