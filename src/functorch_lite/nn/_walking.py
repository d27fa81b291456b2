"""The part of `Module` that walks over submodules, parameters and buffers."""

from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..stateful.tensor import Tensor
    from .module import Module
    from .parameter import Parameter

__all__ = ["Walking", "overlay"]

# While functional_call runs: for the id of a module, what stands in for its tensors.
overlay: ContextVar[dict[int, dict[str, Any]] | None] = ContextVar(
    "functorch_lite_overlay", default=None
)


class Walking:
    """Iterators over a module and what is below it."""

    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _modules: dict[str, Any]

    def named_modules(
        self, memo: set[int] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, "Module"]]:
        """Yield this module and all below it with their dotted names, each once."""
        memo = set() if memo is None else memo
        if id(self) in memo:
            return
        if remove_duplicate:
            memo.add(id(self))
        yield prefix, self  # type: ignore[misc]
        for name, module in self._modules.items():
            if module is not None:
                inner = f"{prefix}.{name}" if prefix else name
                yield from module.named_modules(memo, inner, remove_duplicate)

    def modules(self) -> Iterator["Module"]:
        """Yield this module and all below it."""
        for _, module in self.named_modules():
            yield module

    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        """Yield the direct submodules with their names, each once."""
        seen: set[int] = set()
        for name, module in self._modules.items():
            if module is not None and id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def children(self) -> Iterator["Module"]:
        """Yield the direct submodules."""
        for _, module in self.named_children():
            yield module

    def _entries(self, table: str) -> dict[str, Any]:
        """Return parameters or buffers, as functional_call replaces them."""
        entries = self.__dict__[table]
        over = overlay.get()
        if over is None or id(self) not in over:
            return entries
        mine = over[id(self)]
        return {k: mine.get(k, v) for k, v in entries.items()}

    def _named(
        self, table: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        modules = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else [(prefix, self)]
        )
        for path, module in modules:
            for name, x in module._entries(table).items():
                if x is None or id(x) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(x))
                yield f"{path}.{name}" if path else name, x

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, "Parameter"]]:
        """Yield parameters with their dotted names, in the order of registration."""
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator["Parameter"]:
        """Yield the parameters."""
        for _, p in self.named_parameters(recurse=recurse):
            yield p

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, "Tensor"]]:
        """Yield buffers with their dotted names."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator["Tensor"]:
        """Yield the buffers."""
        for _, b in self.named_buffers(recurse=recurse):
            yield b

    def get_submodule(self, target: str) -> "Module":
        """Return the submodule of a dotted name."""
        module: Any = self
        for part in target.split(".") if target else ():
            inner = module._modules.get(part)
            if inner is None:
                raise AttributeError(f"{type(module).__name__} has no submodule `{part}`")
            module = inner
        return module

    def get_parameter(self, target: str) -> "Parameter":
        """Return the parameter of a dotted name."""
        path, _, name = target.rpartition(".")
        found = self.get_submodule(path)._parameters.get(name)
        if found is None:
            raise AttributeError(f"{type(self).__name__} has no parameter `{target}`")
        return found

    def get_buffer(self, target: str) -> "Tensor":
        """Return the buffer of a dotted name."""
        path, _, name = target.rpartition(".")
        found = self.get_submodule(path)._buffers.get(name)
        if found is None:
            raise AttributeError(f"{type(self).__name__} has no buffer `{target}`")
        return found
