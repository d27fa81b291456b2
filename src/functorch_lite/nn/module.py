"""`Module`: the base class of all layers and networks."""

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

from ..ir import Tracer, current_source, override_source
from ..ir.source import has_source, is_internal
from ..pytree import tree_leaves, tree_map
from ..stateful.hooks import RemovableHandle
from ..stateful.lazy import is_inside_module, module_call
from ..stateful.tensor import FunctionalTensor, Tensor, borrow, make, wrap
from ._converting import Converting
from ._state import IncompatibleKeys, StateDict
from ._walking import overlay
from .hooks import BackwardHooks
from .parameter import Buffer, Parameter

__all__ = ["IncompatibleKeys", "Module", "StateDict", "overlay"]

M = TypeVar("M", bound="Module")
Named = Iterator[tuple[str, Any]]


class Module(Converting):
    """Base class of layers and networks: parameters, buffers and submodules by attribute.

    Subclasses call ``super().__init__()``, set attributes, and define ``forward``.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> class Net(fl.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.fc = fl.nn.Linear(4, 2)
    ...
    ...     def forward(self, x):
    ...         return self.fc(x).relu()
    >>> net = Net()
    >>> net(fl.ones(3, 4)).shape
    (3, 2)
    >>> [name for name, _ in net.named_parameters()]
    ['fc.weight', 'fc.bias']
    """

    training: bool
    _version = 1
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, "Module | None"]

    def __init__(self) -> None:
        fields: dict[str, Any] = {
            "training": True,
            "_parameters": {},
            "_buffers": {},
            "_non_persistent": set(),
            "_modules": {},
            "_forward_hooks": {},
            "_forward_pre_hooks": {},
            "_backward_hooks": {},
            "_backward_pre_hooks": {},
            "_hooks_with_kwargs": set(),
        }
        self.__dict__.update(fields)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the outputs; subclasses define it."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    # --- calling ----------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call `forward` and the hooks around it.

        Tracers of grad, vmap or jit are given the methods of a Tensor on the way in, and
        returned bare.
        """
        if not _holds_foreign(args) and not (kwargs and _holds_foreign(tuple(kwargs.values()))):
            if is_inside_module():
                return self._call(args, kwargs)
            with module_call:
                return self._call(args, kwargs)
        traced = any(_is_bare(x) for x in tree_leaves((args, kwargs)))
        args, kwargs = tree_map(_as_tensor, (args, kwargs))
        out = self._call(args, kwargs)
        return tree_map(_bare, out) if traced else out

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        d = self.__dict__
        if (
            d["_forward_hooks"]
            or d["_forward_pre_hooks"]
            or d["_backward_hooks"]
            or d["_backward_pre_hooks"]
        ):
            return self._call_with_hooks(args, kwargs)
        # The line that is to blame is the user's: his call of a module of ours, which is looked
        # up once for the whole module, or a line in the forward of a module of his own.
        is_ours = _is_ours(type(self).forward)
        if is_ours == has_source():
            return self.forward(*args, **kwargs)
        with override_source(current_source(3) if is_ours else None):
            return self.forward(*args, **kwargs)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        d = self.__dict__
        named = d["_hooks_with_kwargs"]
        for key, hook in list(d["_forward_pre_hooks"].items()):
            if key in named:
                new = hook(self, args, kwargs)
                args, kwargs = (args, kwargs) if new is None else new
            else:
                new = hook(self, args)
                if new is not None:
                    args = new if isinstance(new, tuple) else (new,)
        hooks = list(d["_backward_hooks"].values())
        pre_hooks = list(d["_backward_pre_hooks"].values())
        backward = BackwardHooks(self, hooks, pre_hooks) if hooks or pre_hooks else None
        if backward is not None:
            args = backward.wrap_inputs(args)
        out = self.forward(*args, **kwargs)
        for key, hook in list(d["_forward_hooks"].items()):
            new = hook(self, args, kwargs, out) if key in named else hook(self, args, out)
            out = out if new is None else new
        return out if backward is None else backward.wrap_outputs(out)

    def _register(self, where: str, hook: Any, with_kwargs: bool = False) -> RemovableHandle:
        handle = RemovableHandle(self.__dict__[where], hook)
        if with_kwargs:
            self.__dict__["_hooks_with_kwargs"].add(handle.id)
        return handle

    def register_forward_hook(
        self, hook: Callable[..., Any], *, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after `forward`; it may return another output."""
        return self._register("_forward_hooks", hook, with_kwargs)

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before `forward`; it may return other arguments."""
        return self._register("_forward_pre_hooks", hook, with_kwargs)

    def register_full_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` in the backward pass."""
        return self._register("_backward_hooks", hook)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` in the backward pass, before the module's own."""
        return self._register("_backward_pre_hooks", hook)

    # --- attributes ---------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        d = self.__dict__
        modules = d.get("_modules")
        if modules and name in modules:
            return modules[name]
        for table in ("_parameters", "_buffers"):
            entries = d.get(table)
            if entries and name in entries:
                over = overlay.get()
                if over is not None and id(self) in over and name in over[id(self)]:
                    return over[id(self)][name]
                return entries[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        d = self.__dict__
        if "_parameters" not in d:
            if isinstance(value, Parameter | Module | Buffer):
                raise AttributeError(
                    f"cannot assign {type(value).__name__.lower()} before Module.__init__() call"
                )
            object.__setattr__(self, name, value)
            return
        over = overlay.get()
        if over is not None and name in over.get(id(self), ()):
            if value is not None and not isinstance(value, Tracer | np.ndarray):
                raise TypeError(f"cannot assign {type(value).__name__} to {name!r}")
            over[id(self)][name] = value if value is None else wrap(value)
            return
        if isinstance(value, Parameter):
            self._forget(name, "_parameters")
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            self._forget(name, "_modules")
            d["_modules"][name] = value
        elif isinstance(value, Buffer):
            self._forget(name, "_buffers")
            self.register_buffer(name, value, value.persistent)
        else:
            self._set_other(name, value)

    def _set_other(self, name: str, value: Any) -> None:
        """Set what is no parameter or module: an entry's new value, or a plain attribute."""
        d = self.__dict__
        if name in d["_parameters"]:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{type(value).__name__}' as parameter '{name}' "
                    "(nn.Parameter or None expected)"
                )
            d["_parameters"][name] = None
        elif name in d["_modules"]:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{type(value).__name__}' as child module '{name}' "
                    "(nn.Module or None expected)"
                )
            d["_modules"][name] = None
        elif name in d["_buffers"]:
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(
                    f"cannot assign '{type(value).__name__}' as buffer '{name}' "
                    "(Tensor or None expected)"
                )
            if isinstance(value, FunctionalTensor):
                raise RuntimeError(
                    f"buffer {name!r} of {type(self).__name__} was set inside "
                    f"{value.value._trace.name}, after which the value means nothing; use "
                    "functional_call, which returns the new buffers"
                )
            d["_buffers"][name] = value
        else:
            object.__setattr__(self, name, value)

    def _forget(self, name: str, but: str) -> None:
        """Remove other entries of a name that is about to be set."""
        self.__dict__.pop(name, None)
        for table in ("_parameters", "_buffers", "_modules"):
            if table != but:
                self.__dict__[table].pop(name, None)
        self.__dict__["_non_persistent"].discard(name)

    def __delattr__(self, name: str) -> None:
        for table in ("_parameters", "_buffers", "_modules"):
            if name in self.__dict__[table]:
                del self.__dict__[table][name]
                self.__dict__["_non_persistent"].discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        d = self.__dict__
        return sorted({*super().__dir__(), *d["_parameters"], *d["_buffers"], *d["_modules"]})

    def _check_name(self, name: str, kind: str, table: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type(name).__name__}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in self.__dict__[table]:
            raise KeyError(f"attribute '{name}' already exists")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, or None to reserve its name."""
        self._check_name(name, "parameter", "_parameters")
        if param is not None:
            if not isinstance(param, Parameter):
                raise TypeError(
                    f"cannot assign '{type(param).__name__}' object to parameter '{name}' "
                    "(nn.Parameter or None required)"
                )
            if not param.is_leaf:
                raise ValueError(
                    f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be "
                    "created explicitly."
                )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a buffer: state that is not trained; `persistent` ones are in the state_dict."""
        self._check_name(name, "buffer", "_buffers")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{type(tensor).__name__}' object to buffer '{name}' "
                "(Tensor or None required)"
            )
        self._buffers[name] = tensor
        if persistent:
            self.__dict__["_non_persistent"].discard(name)
        else:
            self.__dict__["_non_persistent"].add(name)

    def add_module(self, name: str, module: "Module | None") -> None:
        """Add a submodule by name."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{type(module).__name__} is not a Module subclass")
        self._check_name(name, "module", "_modules")
        self._modules[name] = module

    register_module = add_module

    # --- changing all at once -----------------------------------------------------------------

    def apply(self: M, fn: Callable[["Module"], Any]) -> M:
        """Call `fn` on every submodule, then on this one; return this module."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self: M, mode: bool = True) -> M:
        """Switch to training (BatchNorm uses the batch, Dropout drops); return the module."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self: M) -> M:
        """Switch to evaluation; return the module."""
        return self.train(False)

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Train all parameters, or freeze them; return the module."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget gradients, or fill them with zeros."""
        for p in self.parameters():
            if p._grad is not None:
                if set_to_none:
                    p.grad = None
                else:
                    p.grad = make(np.zeros(p.shape, p.dtype), None)

    # --- printing -----------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """Return what `repr` says of the module itself; layers override it."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [
            f"({name}): " + repr(module).replace("\n", "\n  ")
            for name, module in self._modules.items()
        ]
        if not children and len(lines) <= 1:
            return f"{self._get_name()}({extra})"
        return f"{self._get_name()}(\n  " + "\n  ".join(lines + children) + "\n)"

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


def _is_bare(x: Any) -> bool:
    return isinstance(x, Tracer) and not isinstance(x, Tensor)


def _holds_foreign(args: Any) -> bool:
    """Tell whether arguments hold tracers of a transform, or arrays."""
    for a in args:
        if isinstance(a, Tensor):
            continue
        if isinstance(a, Tracer | np.ndarray):
            return True
        if isinstance(a, tuple | list) and _holds_foreign(a):
            return True
        if isinstance(a, dict) and _holds_foreign(a.values()):
            return True
    return False


def _as_tensor(x: Any) -> Any:
    return borrow(x) if isinstance(x, Tracer | np.ndarray) else x


def _bare(x: Any) -> Any:
    return x.bare() if isinstance(x, Tracer) else x


@functools.lru_cache(maxsize=1024)
def _is_ours(forward: Callable[..., Any]) -> bool:
    """Tell whether a module's forward is this package's code."""
    code = getattr(inspect.unwrap(forward), "__code__", None)
    return code is not None and is_internal(code)
