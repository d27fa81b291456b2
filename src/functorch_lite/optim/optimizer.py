"""What all optimisers share: parameter groups, state, and their layout on disk (PyTorch's)."""

import copy
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..stateful.hooks import RemovableHandle
from ..stateful.modes import enable_grad, no_grad
from ..stateful.tensor import Tensor, make

__all__ = ["Optimizer", "backend_options", "by_kind", "check_option"]


class Optimizer:
    """Base class of optimisers.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        Parameters, ``(name, parameter)`` pairs, or groups: dicts with "params" and options.
    defaults : dict
        Options of groups that do not set them.

    Attributes
    ----------
    param_groups : list of dict
    state : dict
        What the optimiser remembers of each parameter.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                "but got Tensor"
            )
        self.defaults = defaults
        self.state: dict[Any, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._step_count = 0
        self._pre_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
        self._post_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, group: dict[str, Any]) -> None:
        """Add a group: a dict with "params" and options that differ from the defaults."""
        given: Any = group["params"]
        params = [given] if isinstance(given, Tensor) else list(given)
        if params and isinstance(params[0], tuple):
            group = {**group, "param_names": [pair[0] for pair in params]}
            params = [pair[1] for pair in params]
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(
                    f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}"
                )
            if not p.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor")
        known = {id(p) for g in self.param_groups for p in g["params"]}
        if len({id(p) for p in params}) != len(params) or known & {id(p) for p in params}:
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append({**self.defaults, **group, "params": params})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget gradients, or fill them with zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                if p._grad is None:
                    continue
                p._grad = None if set_to_none else make(np.zeros(p.shape, p.dtype), None)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update all parameters that have a gradient.

        Parameters
        ----------
        closure : callable, optional
            Computes the loss anew (zero_grad, forward, backward) and returns it.
        """
        args = () if closure is None else (closure,)
        for hook in tuple(self._pre_hooks.values()):
            hook(self, args, {})
        loss = None
        with no_grad():
            if closure is not None:
                with enable_grad():
                    loss = closure()
            for group in self.param_groups:
                self._update_all([p for p in group["params"] if p._grad is not None], group)
        self._step_count += 1
        for hook in tuple(self._post_hooks.values()):
            hook(self, args, {})
        return loss

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step."""
        return RemovableHandle(self._pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return RemovableHandle(self._post_hooks, hook)

    def _update_all(self, params: list[Any], group: dict[str, Any]) -> None:
        """Update the parameters of a group, in place."""
        for p in params:
            self._update(p, p._grad, self.state[p], group)

    def _update(self, p: Any, grad: Any, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Update one parameter, in place."""
        raise NotImplementedError

    # --- state --------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return the state in PyTorch's layout: parameters by number, in the order of groups."""
        number = {id(p): i for i, p in enumerate(p for g in self.param_groups for p in g["params"])}
        groups = [
            {
                **{k: v for k, v in g.items() if k != "params"},
                "params": [number[id(p)] for p in g["params"]],
            }
            for g in self.param_groups
        ]
        state = {number[id(p)]: s for p, s in self.state.items() if s}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state that `state_dict` (or PyTorch's) returned.

        Arrays and foreign tensors are converted; floating-point state takes the dtype of its
        parameter.
        """
        saved = copy.deepcopy(state_dict["param_groups"])
        if len(saved) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        for mine, theirs in zip(self.param_groups, saved, strict=True):
            if len(mine["params"]) != len(theirs["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of "
                    "optimizer's group"
                )
        params: dict[Any, Any] = {}
        for mine, theirs in zip(self.param_groups, saved, strict=True):
            params.update(zip(theirs["params"], mine["params"], strict=True))
        state: dict[Any, dict[str, Any]] = defaultdict(dict)
        for key, entries in state_dict["state"].items():
            p = params[key]
            state[p] = {name: _loaded(name, value, p) for name, value in entries.items()}
        self.state = state
        self.param_groups = [
            {**mine, **{k: v for k, v in theirs.items() if k != "params"}}
            for mine, theirs in zip(self.param_groups, saved, strict=True)
        ]

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {k}: {group[k]}" for k in sorted(group) if k != "params"]
        return "\n".join(lines) + "\n)"


def _loaded(name: str, value: Any, p: Any) -> Any:
    """Return one entry of a loaded state as a Tensor of our own, or as it is."""
    if not hasattr(value, "__array__"):
        return copy.deepcopy(value)
    array = np.asarray(value.value if isinstance(value, Tensor) else value).copy()
    if name == "step":
        return make(array.astype(np.float32), None)
    if p.dtype.kind in "fc" and array.dtype.kind in "fc":
        array = array.astype(p.dtype)
    return make(array, None)


def by_kind(params: Iterable[Any], kind: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    """Sort parameters by what those that are updated in one operation have in common."""
    kinds: dict[Any, list[Any]] = {}
    for p in params:
        kinds.setdefault(kind(p), []).append(p)
    return kinds


def backend_options(**given: Any) -> dict[str, Any]:
    """Return PyTorch's options on how a step is carried out, to be kept in the groups.

    ``foreach``, ``fused`` and ``capturable`` change nothing here.

    Raises
    ------
    NotImplementedError
        For ``differentiable=True``: differentiate a functional step instead.
    """
    if given.get("differentiable"):
        raise NotImplementedError(
            "differentiable=True is not supported; write the update as a function of the "
            "parameters and differentiate through it with functorch_lite.grad"
        )
    return given


def check_option(name: str, value: float, low: float = 0.0, high: float = float("inf")) -> None:
    """Raise PyTorch's error for an option out of range."""
    if not low <= value < high:
        raise ValueError(f"Invalid {name}: {value}")
