"""Kernels' sources as LLVM text, without numba.

The sources that this compiler generates use very little of Python: loops over `range`, `while
True`, `if`, assignments of numbers, elements of pointers, arithmetic, casts and the functions of
`kernels.scalar`. For these the types are plain to see, so a kernel becomes LLVM text in one walk
over its syntax tree, in about a tenth of the time that numba takes, and the first program of a
process need not import numba, which takes longer than most programs take to compile. Values are
numba's: integers are computed in 64 bits, a float32 and an integer meet in float64, ``x // 0`` is
0. What is not understood here raises `Untranslatable`, and numba compiles it.

Variables live in stack slots, which LLVM's first pass turns into registers.
"""

import ast
from collections.abc import Callable, Collection, Mapping
from typing import NoReturn

from .instructions import (
    LLVM,
    Instructions,
    Untranslatable,
    Value,
    double_text,
    join_types,
)
from .scalars import PREFIX
from .signature import Signature
from .syntax import syntax_tree

__all__ = ["Untranslatable", "translate"]

_CASTS = {"float32": "f32", "float64": "f64", "int32": "i32", "int64": "i64", "uint8": "u8"}
_EXTREMA = {"rmax": "llvm.maximum", "rmin": "llvm.minimum"}
_SMALL = frozenset(
    [*_CASTS, *_EXTREMA, "min", "max", "abs", "rsum"]
)  # cheap, and safe to call in vain


class _Widened(Exception):
    """A variable turned out to need a wider type: start again."""


def translate(
    source: str,
    entry: str,
    symbol: str,
    signature: Signature,
    *,
    noalias: Collection[int],
    fastmath: Collection[str],
    attributes: str,
    functions: Mapping[str, Signature],
) -> tuple[str, set[str]]:
    """Translate one kernel.

    Parameters
    ----------
    source, entry : str
        Python text, and the name of the function in it.
    symbol : str
        Name of the LLVM function.
    signature : Signature
        Its types.
    noalias : collection of int
        Positions of pointers that overlap no other.
    fastmath : collection of str
        LLVM's flags for the arithmetic of floats.
    attributes : str
        Of the LLVM function.
    functions : mapping of str to Signature
        Scalar functions that may be called, as external symbols: the names with `PREFIX`.

    Returns
    -------
    text : str
        The definition.
    called : set of str
        Names of the functions that it calls.

    Raises
    ------
    Untranslatable
        If numba is needed.

    Examples
    --------
    >>> from functorch_lite.compile.signature import parse_signature
    >>> text, called = translate(
    ...     "def f(p):\\n    return p[0] + 1\\n", "f", "f", parse_signature("i64(i64*)"),
    ...     noalias=(), fastmath=(), attributes="nounwind", functions={})
    >>> print("\\n".join(text.splitlines()[2:5]))
      %t1 = getelementptr i64, ptr %a.p, i64 0
      %t2 = load i64, ptr %t1
      %t3 = add i64 %t2, 1
    """
    body = syntax_tree(source)
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef) or body[0].name != entry:
        raise Untranslatable("more than one function")
    types: dict[str, str] = {}
    while True:
        function = _Function(
            body[0], symbol, signature, types, functions, " ".join(sorted(fastmath))
        )
        try:
            return function.write(noalias, attributes), function.called
        except _Widened:
            continue


class _Function(Instructions):
    """Writes one function."""

    def __init__(
        self,
        node: ast.FunctionDef,
        symbol: str,
        signature: Signature,
        types: dict[str, str],
        functions: Mapping[str, Signature],
        flags: str,
    ) -> None:
        self.node, self.symbol, self.signature = node, symbol, signature
        super().__init__(flags)
        self.types, self.functions = types, functions
        self.called: set[str] = set()
        self.pointers: dict[str, str] = {}
        self.known: set[str] = set()
        self.breaks: list[str] = []

    # --- text -----------------------------------------------------------------------------------

    def write(self, noalias: Collection[int], attributes: str) -> str:
        """Return the definition."""
        names = [a.arg for a in self.node.args.args]
        if len(names) != len(self.signature.args):
            raise Untranslatable("arguments that do not fit the signature")
        parameters = []
        for i, (name, type_) in enumerate(zip(names, self.signature.args, strict=True)):
            if type_.removesuffix("*") not in LLVM:
                raise Untranslatable(f"an argument of type {type_}")
            if type_.endswith("*"):
                self.pointers[name] = type_[:-1]
                parameters.append(f"ptr {'noalias ' if i in noalias else ''}%a.{name}")
            else:
                self.assign(name, Value(f"%a.{name}", type_))
                parameters.append(f"{LLVM[type_]} %a.{name}")
        self.statements(self.node.body)
        if self.block:
            if self.signature.result != "void":
                raise Untranslatable("a function that may end without a result")
            self.lines.append("  ret void")
        slots = [f"  %v.{name} = alloca {LLVM[self.types[name]]}" for name in sorted(self.known)]
        head = f"define {self.signature.llvm_result} @{self.symbol}({', '.join(parameters)})"
        return "\n".join([f"{head} {attributes} {{", "entry:", *slots, *self.lines, "}", ""])

    # --- statements -----------------------------------------------------------------------------

    def statements(self, nodes: list[ast.stmt]) -> None:
        for node in nodes:
            if not self.block:
                raise Untranslatable("statements after a break or return")
            self.statement(node)

    def statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            if self.reserved(node.targets[0], node.value):
                return
            self.store(node.targets[0], self.value(node.value))
        elif isinstance(node, ast.AugAssign):
            old = ast.copy_location(_as_load(node.target), node)
            self.store(node.target, self.binary(node.op, self.value(old), self.value(node.value)))
        elif isinstance(node, ast.For) and not node.orelse:
            self.for_range(node)
        elif isinstance(node, ast.While) and not node.orelse:
            self.while_true(node)
        elif isinstance(node, ast.If):
            self.if_else(node)
        elif isinstance(node, ast.Break) and self.breaks:
            self.branch(f"label %{self.breaks[-1]}")
        elif isinstance(node, ast.Return) and node.value is not None and not self.breaks:
            result = self.signature.result
            if result == "void":
                raise Untranslatable("a result of a void function")
            out = self.convert(self.value(node.value), result)
            self.lines.append(f"  ret {LLVM[result]} {out.text}")
            self.block = ""
        elif not isinstance(node, ast.Pass):
            self.refuse(node)

    def reserved(self, target: ast.expr, value: ast.expr) -> bool:
        """Reserve memory until the function returns, if that is what an assignment does."""
        if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Name)):
            return False
        type_ = value.func.id.removeprefix("stack_")
        if type_ == value.func.id or type_ not in LLVM or len(value.args) != 1:
            return False
        if not isinstance(target, ast.Name) or target.id in self.pointers or self.breaks:
            self.refuse(value)  # in a loop it would be reserved again and again
        n = self.convert(self.value(value.args[0]), "i64").text
        self.lines.append(f"  %a.{target.id} = alloca {LLVM[type_]}, i64 {n}, align 64")
        self.pointers[target.id] = type_
        return True

    def refuse(self, node: ast.AST) -> NoReturn:
        raise Untranslatable(ast.unparse(node))

    def assign(self, name: str, value: Value) -> None:
        """Store to a variable, whose type is that of all its values together."""
        type_ = self.types.setdefault(name, value.type)
        joined = type_ if type_ == value.type else join_types(type_, value.type)
        if joined != type_:
            self.types[name] = joined
            raise _Widened
        self.known.add(name)
        text = self.convert(value, type_).text
        self.lines.append(f"  store {LLVM[type_]} {text}, ptr %v.{name}")

    def store(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name) and target.id not in self.pointers:
            self.assign(target.id, value)
        elif isinstance(target, ast.Subscript):
            pointer, type_ = self.element(target)
            text = self.convert(value, type_).text
            self.lines.append(f"  store {LLVM[type_]} {text}, ptr {pointer}")
        else:
            self.refuse(target)

    def element(self, node: ast.Subscript) -> tuple[str, str]:
        """Return the address and the type of an element."""
        if not isinstance(node.value, ast.Name) or node.value.id not in self.pointers:
            self.refuse(node)
        name = node.value.id
        type_ = self.pointers[name]
        index = self.value(node.slice)
        if index.type not in ("i64", "i32", "u8"):
            self.refuse(node)
        at = self.convert(index, "i64").text
        return self.put(f"getelementptr {LLVM[type_]}, ptr %a.{name}, i64 {at}", "ptr").text, type_

    def for_range(self, node: ast.For) -> None:
        call, target = node.iter, node.target
        if (
            not isinstance(target, ast.Name)
            or not isinstance(call, ast.Call)
            or not isinstance(call.func, ast.Name)
            or call.func.id != "range"
            or not 1 <= len(call.args) <= 3
        ):
            self.refuse(node)
        numbers = [self.convert(self.value(a), "i64") for a in call.args]
        step = 1
        if len(numbers) == 3:
            if not numbers[2].text.isdecimal() or int(numbers[2].text) == 0:
                self.refuse(node)
            step = int(numbers[2].text)
        start = numbers[0].text if len(numbers) > 1 else "0"
        stop = numbers[min(1, len(numbers) - 1)].text
        head, body, following, end = (self.fresh(p) for p in ("head", "body", "next", "end"))
        before, i = self.block, self.fresh("%i")
        self.branch(f"label %{head}")
        self.label(head)
        self.lines.append(f"  {i} = phi i64 [ {start}, %{before} ], [ {i}.next, %{following} ]")
        test = self.put(f"icmp slt i64 {i}, {stop}", "bool")
        self.branch(f"i1 {test.text}, label %{body}, label %{end}")
        self.label(body)
        self.assign(target.id, Value(i, "i64"))
        self.breaks.append(end)
        self.statements(node.body)
        self.breaks.pop()
        self.branch(f"label %{following}")
        self.label(following)
        self.lines.append(f"  {i}.next = add nsw i64 {i}, {step}")
        self.branch(f"label %{head}")
        self.label(end)

    def while_true(self, node: ast.While) -> None:
        if not (isinstance(node.test, ast.Constant) and node.test.value is True):
            self.refuse(node)
        body, end = self.fresh("body"), self.fresh("end")
        self.branch(f"label %{body}")
        self.label(body)
        self.breaks.append(end)
        self.statements(node.body)
        self.breaks.pop()
        self.branch(f"label %{body}")
        self.label(end)

    def if_else(self, node: ast.If) -> None:
        test = self.truth(node.test)
        yes, no, end = (self.fresh(p) for p in ("then", "else", "endif"))
        self.branch(f"i1 {test.text}, label %{yes}, label %{no}")
        reached = False
        for label, nodes in ((yes, node.body), (no, node.orelse)):
            self.label(label)
            self.statements(nodes)
            reached |= bool(self.block)
            self.branch(f"label %{end}")
        if reached:
            self.label(end)

    # --- expressions ----------------------------------------------------------------------------

    def value(self, node: ast.expr) -> Value:
        if isinstance(node, ast.Constant):
            return self.constant(node)
        if isinstance(node, ast.Name):
            if node.id not in self.known:
                self.refuse(node)
            type_ = self.types[node.id]
            return self.put(f"load {LLVM[type_]}, ptr %v.{node.id}", type_)
        if isinstance(node, ast.Subscript):
            pointer, type_ = self.element(node)
            return self.put(f"load {LLVM[type_]}, ptr {pointer}", type_)
        if isinstance(node, ast.BinOp):
            return self.binary(node.op, self.value(node.left), self.value(node.right))
        if isinstance(node, ast.UnaryOp):
            return self.unary(node)
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self.compare(node.ops[0], self.value(node.left), self.value(node.comparators[0]))
        if isinstance(node, ast.BoolOp):
            return self.logical(node)
        if isinstance(node, ast.IfExp):
            return self.choose(
                self.truth(node.test),
                lambda: self.value(node.body),
                lambda: self.value(node.orelse),
                _is_small(node.body) and _is_small(node.orelse),
            )
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            return self.call(node, node.func.id, [self.value(a) for a in node.args])
        self.refuse(node)

    def constant(self, node: ast.Constant) -> Value:
        value = node.value
        if value is True or value is False:
            return Value(str(value).lower(), "bool")
        if isinstance(value, int) and -(2**63) <= value < 2**63:
            return Value(str(value), "i64")
        if isinstance(value, float):
            return Value(double_text(value), "f64")
        self.refuse(node)

    def truth(self, node: ast.expr) -> Value:
        """Return the truth of an expression."""
        return self.convert(self.value(node), "bool")

    def unary(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.Not):
            return self.put(f"xor i1 {self.truth(node.operand).text}, true", "bool")
        if not isinstance(node.op, ast.USub):
            self.refuse(node)
        x = self.value(node.operand)
        if isinstance(node.operand, ast.Constant) and x.type == "i64":
            return Value(str(-int(x.text)), "i64")
        if isinstance(node.operand, ast.Constant) and x.type == "f64":
            return Value(double_text(-float(node.operand.value)), "f64")  # type: ignore[arg-type]
        if x.type[0] == "f":
            return self.put(f"fneg {self.flags}{LLVM[x.type]} {x.text}", x.type)
        return self.put(f"sub i64 0, {self.convert(x, 'i64').text}", "i64")

    def logical(self, node: ast.BoolOp) -> Value:
        """`and` and `or` of truth values; the second is not looked at in vain if it loads."""
        out = self.truth(node.values[0])
        for other in node.values[1:]:
            out = self._both_or_either(isinstance(node.op, ast.And), out, other)
        return out

    def _both_or_either(self, both: bool, first: Value, other: ast.expr) -> Value:
        def second() -> Value:
            return self.truth(other)

        if both:
            return self.choose(first, second, lambda: Value("false", "bool"), _is_small(other))
        return self.choose(first, lambda: Value("true", "bool"), second, _is_small(other))

    def choose(
        self, test: Value, yes: Callable[[], Value], no: Callable[[], Value], small: bool
    ) -> Value:
        """Return one of two values; what is not small is computed only when it is wanted."""
        if small:
            a, b = yes(), no()
            type_ = a.type if a.type == b.type else join_types(a.type, b.type)
            a, b = self.convert(a, type_), self.convert(b, type_)
            kind = LLVM[type_]
            return self.put(f"select i1 {test.text}, {kind} {a.text}, {kind} {b.text}", type_)
        first, second, end = (self.fresh(p) for p in ("yes", "no", "join"))
        self.branch(f"i1 {test.text}, label %{first}, label %{second}")
        found = []
        for label, side in ((first, yes), (second, no)):
            self.label(label)
            found.append((side(), self.block))
            self.branch(f"label %{end}")
        (a, from_a), (b, from_b) = found
        if a.type != b.type:
            raise Untranslatable("a choice between types")
        self.label(end)
        pairs = f"[ {a.text}, %{from_a} ], [ {b.text}, %{from_b} ]"
        return self.put(f"phi {LLVM[a.type]} {pairs}", a.type)

    def call(self, node: ast.Call, name: str, args: list[Value]) -> Value:
        if name in _CASTS and len(args) == 1:
            return self.convert(args[0], _CASTS[name])
        if name in ("min", "max") and len(args) == 2 and all(a.type[0] in "iu" for a in args):
            a, b = (self.convert(x, "i64").text for x in args)
            test = self.put(f"icmp {'slt' if name == 'min' else 'sgt'} i64 {a}, {b}", "bool")
            return self.put(f"select i1 {test.text}, i64 {a}, i64 {b}", "i64")
        if name == "abs" and len(args) == 1 and args[0].type in ("f32", "f64"):
            kind = args[0].type
            return self.put(
                f"call {LLVM[kind]} @llvm.fabs.{kind}({LLVM[kind]} {args[0].text})", kind
            )
        if name == "abs" and len(args) == 1 and args[0].type in ("i32", "i64"):
            x = self.convert(args[0], "i64").text
            return self.put(f"call i64 @llvm.abs.i64(i64 {x}, i1 false)", "i64")
        types = tuple(a.type for a in args)
        if name == "rsum" and types in (("f32", "f32"), ("f64", "f64")):
            word = f"fadd reassoc nsz contract {LLVM[types[0]]}"
            return self.put(f"{word} {args[0].text}, {args[1].text}", types[0])
        if name in _EXTREMA and types in (("f32", "f32"), ("f64", "f64")):
            kind = LLVM[types[0]]
            call = f"call {kind} @{_EXTREMA[name]}.{types[0]}"
            return self.put(f"{call}({kind} {args[0].text}, {kind} {args[1].text})", types[0])
        signature = self.functions.get(name)
        if signature is None or signature.args != types:
            self.refuse(node)
        self.called.add(name)
        passed = ", ".join(f"{LLVM[a.type]} {a.text}" for a in args)
        return self.put(f"call {signature.llvm_result} @{PREFIX}{name}({passed})", signature.result)


def _as_load(node: ast.expr) -> ast.expr:
    """Return an assignment's target as an expression."""
    if isinstance(node, ast.Name):
        return ast.Name(node.id, ast.Load())
    if isinstance(node, ast.Subscript):
        return ast.Subscript(node.value, node.slice, ast.Load())
    raise Untranslatable(ast.unparse(node))


def _is_small(node: ast.expr) -> bool:
    """Tell whether evaluating an expression costs little and reads no memory."""
    for part in ast.walk(node):
        if isinstance(part, ast.Subscript):
            return False
        if isinstance(part, ast.Call) and not (
            isinstance(part.func, ast.Name) and part.func.id in _SMALL
        ):
            return False
    return True
