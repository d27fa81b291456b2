"""A pickle machine that builds plain containers and calls nothing but allow-listed functions.

`pickle.Unpickler` with a `find_class` of its own would still let a file set attributes on what it
finds, fill memory through memo indices and hash nested keys for hours, so that this module
interprets the opcodes itself. The standard library's `pickletools` decodes them.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..errors import CheckpointError

__all__ = ["Pending", "Rebuild", "Stream", "shown", "unpickle"]


class Stream(Protocol):
    """What a pickle is read from."""

    def read(self, n: int, /) -> bytes:
        """Read at most `n` bytes."""

    def readline(self) -> bytes:
        """Read to the end of the line."""


@dataclass(frozen=True)
class Rebuild:
    """An allow-listed global that a pickle may call."""

    name: str
    call: Callable[..., Any]


class Pending:
    """An object that a pickle makes first and gives its contents later: `build(state)` is it."""

    def __init__(self, name: str, build: Callable[[Any], Any]) -> None:
        self.name = name
        self.build = build
        self.memo_indices: list[int] = []


def unpickle(
    stream: Stream, allowed: Mapping[str, object], persistent_load: Callable[[Any], Any]
) -> Any:
    """Read one pickle from `stream`, which is left right behind it.

    Parameters
    ----------
    stream
        The bytes; `read(n)` must not allocate more than the file has.
    allowed
        Globals by qualified name: a Rebuild to call, or a value that stands for the global.
    persistent_load
        Turns a persistent id into an object.

    Raises
    ------
    CheckpointError
        If the pickle asks for anything else, or is malformed.
    """
    return _checked_values(_Machine(stream, allowed, persistent_load).run())


class _Machine:
    """The stack, the memo and the opcodes."""

    def __init__(
        self,
        stream: Stream,
        allowed: Mapping[str, object],
        persistent_load: Callable[[Any], Any],
    ) -> None:
        self._stream = stream
        self._allowed = allowed
        self._persistent_load = persistent_load
        self._stack: list[Any] = []
        self._marks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Execute opcodes up to STOP."""
        import pickletools

        try:
            for opcode, arg, _ in pickletools.genops(self._stream):  # type: ignore[arg-type]
                if opcode.name == "STOP":
                    break
                action = _ACTIONS.get(opcode.name)
                if action is None:
                    raise CheckpointError(
                        f"its pickle uses the opcode {opcode.name}, which no state dict needs. "
                        "Save the state dict alone, or do not trust the file."
                    )
                action(self, arg)
            return self._stack.pop()
        except (IndexError, KeyError, ValueError, OverflowError) as exc:
            if isinstance(exc, CheckpointError):
                raise
            raise CheckpointError(
                f"its pickle is malformed ({exc}). The file is truncated or corrupted: fetch or "
                "save it again."
            ) from exc

    # What opcodes do.

    def push(self, value: Any) -> None:
        self._stack.append(value)

    def mark(self, _: Any) -> None:
        self._marks.append(self._stack)
        self._stack = []

    def since_mark(self) -> list[Any]:
        items, self._stack = self._stack, self._marks.pop()
        return items

    def pop(self, _: Any) -> None:
        if self._stack:
            self._stack.pop()
        else:
            self.since_mark()

    def pop_mark(self, _: Any) -> None:
        self.since_mark()

    def make_tuple(self, size: int) -> None:
        if size > len(self._stack):
            raise IndexError("a tuple of more items than there are")
        items = tuple(self._stack[len(self._stack) - size :])
        del self._stack[len(self._stack) - size :]
        self.push(items)

    def put(self, index: int) -> None:
        self._memo[index] = top = self._stack[-1]
        if isinstance(top, Pending):
            top.memo_indices.append(index)

    def append_to(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not list:
            raise _malformed(f"items appended to a {type(target).__name__}")
        target.extend(items)

    def add_to(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not set:
            raise _malformed(f"members added to a {type(target).__name__}")
        target.update(_checked_keys(items))

    def set_items(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) not in (dict, OrderedDict, Counter) or len(items) % 2:
            raise _malformed(f"items set on a {type(target).__name__}")
        for key, value in zip(_checked_keys(items[::2]), items[1::2], strict=True):
            target[key] = value

    def set_item(self, _: Any) -> None:
        self.make_tuple(2)
        self.set_items(list(self._stack.pop()))

    def make_dict(self, _: Any) -> None:
        items = self.since_mark()
        self.push({})
        self.set_items(items)

    def get(self, index: int) -> None:
        self.push(self._memo[index])

    def find_global(self, name: str) -> None:
        if name not in self._allowed:
            raise CheckpointError(
                f"its pickle asks for the global '{name}', which is not on the allow list. "
                "Nothing of it was run. If you trust the file, load it where it was made and "
                "save the state dict alone (a dict of names and tensors)."
            )
        self.push(self._allowed[name])

    def stack_global(self, _: Any) -> None:
        self.make_tuple(2)
        module, name = self._stack.pop()
        if type(module) is not str or type(name) is not str:
            raise _malformed("a global that is not named by strings")
        self.find_global(f"{module}.{name}")

    def reduce(self, _: Any) -> None:
        self.make_tuple(2)
        target, args = self._stack.pop()
        if not isinstance(target, Rebuild) or type(args) is not tuple:
            raise _malformed(f"a call of {shown(target)}")
        try:
            self.push(target.call(*args))
        except CheckpointError:
            raise
        except (TypeError, ValueError, AttributeError, OverflowError) as exc:
            raise _malformed(f"a call of '{target.name}' with arguments it cannot have") from exc

    def build(self, _: Any) -> None:
        self.make_tuple(2)
        target, state = self._stack.pop()
        if isinstance(target, Pending):
            try:
                self.push(target.build(state))
            except CheckpointError:
                raise
            except (TypeError, ValueError, AttributeError, OverflowError) as exc:
                raise _malformed(f"a state that '{target.name}' cannot have") from exc
            for index in target.memo_indices:
                self._memo[index] = self._stack[-1]
        # Module.state_dict() keeps the versions of its modules in this attribute.
        elif type(target) is OrderedDict and type(state) is dict and set(state) <= {"_metadata"}:
            self.push(target)
            for name, value in state.items():
                setattr(target, name, value)
        else:
            raise _malformed(f"attributes set on {shown(target)}")

    def load_persistent(self, _: Any) -> None:
        self.push(self._persistent_load(self._stack.pop()))


def _constant(value: Any) -> Callable[[_Machine, Any], None]:
    """Make the action that pushes `value`."""
    return lambda machine, _: machine.push(value)


def _actions() -> dict[str, Callable[[_Machine, Any], None]]:
    """Map the names of opcodes to what they do."""
    M = _Machine
    actions: dict[str, Callable[[_Machine, Any], None]] = {
        "PROTO": lambda m, _: None,
        "FRAME": lambda m, _: None,
        "NONE": _constant(None),
        "NEWTRUE": _constant(True),
        "NEWFALSE": _constant(False),
        "EMPTY_TUPLE": _constant(()),
        "EMPTY_LIST": lambda m, _: m.push([]),
        "EMPTY_DICT": lambda m, _: m.push({}),
        "EMPTY_SET": lambda m, _: m.push(set()),
        "MARK": M.mark,
        "POP": M.pop,
        "POP_MARK": M.pop_mark,
        "DUP": lambda m, _: m.push(m._stack[-1]),
        "TUPLE": lambda m, _: m.push(tuple(m.since_mark())),
        "TUPLE1": lambda m, _: m.make_tuple(1),
        "TUPLE2": lambda m, _: m.make_tuple(2),
        "TUPLE3": lambda m, _: m.make_tuple(3),
        "LIST": lambda m, _: m.push(m.since_mark()),
        "DICT": M.make_dict,
        "FROZENSET": lambda m, _: m.push(frozenset(_checked_keys(m.since_mark()))),
        "APPEND": lambda m, _: m.append_to([m._stack.pop()]),
        "APPENDS": lambda m, _: m.append_to(m.since_mark()),
        "SETITEM": M.set_item,
        "SETITEMS": lambda m, _: m.set_items(m.since_mark()),
        "ADDITEMS": lambda m, _: m.add_to(m.since_mark()),
        "MEMOIZE": lambda m, _: m.put(len(m._memo)),
        "GLOBAL": lambda m, arg: m.find_global(arg.replace(" ", ".", 1)),
        "STACK_GLOBAL": M.stack_global,
        "REDUCE": M.reduce,
        "NEWOBJ": M.reduce,
        "BUILD": M.build,
        "BINPERSID": M.load_persistent,
    }
    literals = (
        "INT LONG LONG1 LONG4 BININT BININT1 BININT2 FLOAT BINFLOAT STRING BINSTRING "
        "SHORT_BINSTRING UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES "
        "SHORT_BINBYTES BINBYTES8 BYTEARRAY8"
    )
    actions.update(dict.fromkeys(literals.split(), M.push))
    actions.update(dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), M.put))
    actions.update(dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), M.get))
    return actions


_ACTIONS = _actions()

_SCALARS = (str, bytes, int, float, complex, bool, type(None))
_DATA = (*_SCALARS, bytearray, set, frozenset, np.ndarray, np.generic)


def _checked_keys(keys: list[Any]) -> list[Any]:
    """Let scalars and flat tuples of them be keys: hashing nested tuples can take for ever."""
    for key in keys:
        if type(key) not in _SCALARS and not (
            type(key) is tuple and all(type(part) in _SCALARS for part in key)
        ):
            raise _malformed(f"a key or set member that is {shown(key)}")
    return keys


def _checked_values(root: Any) -> Any:
    """Refuse globals and unfinished objects where data is expected."""
    todo, seen = [root], set()
    while todo:
        node = todo.pop()
        if isinstance(node, dict | list | tuple):
            if id(node) not in seen:
                seen.add(id(node))
                todo.extend(node.values() if isinstance(node, dict) else node)
                todo.append(getattr(node, "_metadata", None))
        elif not isinstance(node, _DATA):
            raise CheckpointError(
                f"it holds {shown(node)} itself as a value, where data is expected. Save the "
                "state dict alone (a dict of names and tensors)."
            )
    return root


def shown(obj: Any) -> str:
    """Show an object of a pickle briefly: the repr of nested tuples can take for ever."""
    name = getattr(obj, "name", None)
    if isinstance(name, str):
        return f"'{name}'"
    flat = type(obj) is tuple and len(obj) <= 16 and all(type(part) in _SCALARS for part in obj)
    if flat or type(obj) in _SCALARS:
        try:
            text = repr(obj)
        except ValueError:  # an integer of more digits than Python prints
            text = "a huge number"
        return text if len(text) <= 200 else f"{text[:200]}..."
    return f"a {type(obj).__name__}"


def _malformed(what: str) -> CheckpointError:
    """Make the error for a pickle that no writer of checkpoints makes."""
    return CheckpointError(
        f"its pickle has {what}. The file is corrupted or not a checkpoint: fetch or save it again."
    )
