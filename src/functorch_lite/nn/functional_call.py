"""Modules as pure functions: `functional_call` and `stack_module_state`.

`functional_call` lays tensors over a module's own for the time of one call. Nothing is swapped in
the module: its attribute look-up consults an overlay of this thread, so other threads see the
module as it is. What the call writes to buffers (BatchNorm's running statistics) lands in the
overlay and is returned, so that training BatchNorm composes with grad, vmap and jit.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..ir import Tracer
from ..pytree import tree_leaves, tree_map
from ..stateful.tensor import Tensor, make, wrap
from .module import Module, overlay
from .noise import Keys, keys

__all__ = ["functional_call", "stack_module_state"]

_NEVER_FOREIGN = 1 << 29


def functional_call(
    module: Module,
    params_and_buffers: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *args: Any,
    rng: Any = None,
    shared_buffers: str = "error",
    strict: bool = False,
    **kwargs: Any,
) -> tuple[Any, dict[str, Any]]:
    """Call a module with other parameters and buffers.

    Parameters
    ----------
    module : Module
    params_and_buffers : dict, or sequence of dicts
        Arrays, Tensors or tracers by dotted name. Those not given are the module's own. A
        parameter that the module has under several names is replaced under all of them.
    *args, **kwargs
        What the module is called with. As in PyTorch they may also be given as one tuple,
        optionally followed by one dict.
    rng : key, optional
        A key of `functorch_lite.random` for dropout; needed under vmap and jit.
    shared_buffers : "error", "mean", "first" or "batched"
        What to do when the call runs under vmap and updates a buffer that is not mapped, so
        that each example has another new value: raise, naming the buffer; average over the
        examples (the first one's, for integers); take the first; or return them mapped.
    strict : bool
        Raise unless the names given are exactly the module's.

    Returns
    -------
    out : any
        The module's output: arrays if only arrays were given, else Tensors (or tracers).
    buffers : dict
        All buffers by name, as the call left them. The module's own are unchanged.

    Raises
    ------
    KeyError
        If a name is given that the module does not have.
    RuntimeError
        If a shared buffer would get as many values as there are examples.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> import numpy as np
    >>> net = fl.nn.Linear(2, 1)
    >>> params = {"weight": np.ones((1, 2)), "bias": np.zeros(1)}
    >>> out, buffers = fl.functional_call(net, params, np.ones((3, 2)))
    >>> out.ravel(), buffers
    (array([2., 2., 2.]), {})
    >>> loss = lambda p: fl.functional_call(net, p, np.ones((3, 2)))[0].sum()
    >>> fl.grad(loss)(params)["weight"]
    array([[3., 3.]])
    """
    if shared_buffers not in ("error", "mean", "first", "batched"):
        raise ValueError(
            f'shared_buffers must be "error", "mean", "first" or "batched", got {shared_buffers!r}'
        )
    given = _merge(params_and_buffers)
    call_args, call_kwargs = _arguments(args, kwargs)
    table, before = _overlay(module, given, strict)
    inputs = tree_leaves((list(given.values()), call_args, call_kwargs))
    as_arrays = not any(isinstance(x, Tensor) for x in inputs)
    wrapped_args, wrapped_kwargs = tree_map(_lift, (call_args, call_kwargs))
    token, key_token = overlay.set(table), keys.set(None if rng is None else Keys(rng))
    try:
        out = module(*wrapped_args, **wrapped_kwargs)
    finally:
        overlay.reset(token)
        keys.reset(key_token)
    new = {}
    for name, (owner, attribute, old) in before.items():
        value = table[id(owner)][attribute]
        if value is not None:
            new[name] = _settle(_lower(value, as_arrays), old, name, shared_buffers)
    return tree_map(lambda x: _lower(x, as_arrays), out), new


def _arguments(
    args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Read PyTorch's ``(args,)`` and ``(args, kwargs)`` too."""
    if args and isinstance(args[0], tuple):
        if len(args) == 1:
            return args[0], kwargs
        if len(args) == 2 and isinstance(args[1], dict):
            return args[0], {**args[1], **kwargs}
    return args, kwargs


def _merge(given: Any) -> dict[str, Any]:
    if isinstance(given, Mapping):
        return dict(given)
    out: dict[str, Any] = {}
    for part in given:
        out.update(part)
    return out


def _lift(x: Any) -> Any:
    return wrap(x) if isinstance(x, Tracer | np.ndarray) else x


def _lower(x: Any, as_arrays: bool) -> Any:
    """Return a result bare; as an array if only arrays came in and no graph hangs on it."""
    if not isinstance(x, Tracer):
        return x
    bare = x.bare()
    if as_arrays and isinstance(bare, Tensor) and bare.node is None:
        return bare.value
    return bare


def _overlay(
    module: Module, given: dict[str, Any], strict: bool
) -> tuple[dict[int, dict[str, Any]], dict[str, tuple[Module, str, Any]]]:
    """Return what stands in for each module's tensors, and where the buffers are."""
    table: dict[int, dict[str, Any]] = {}
    before: dict[str, tuple[Module, str, Any]] = {}
    names: dict[str, tuple[Module, str]] = {}
    by_tensor: dict[int, Any] = {}
    for path, mod in module.named_modules(remove_duplicate=False):
        head = f"{path}." if path else ""
        for kind in ("_parameters", "_buffers"):
            for attribute, t in mod._entries(kind).items():
                if t is None:
                    continue
                name = head + attribute
                names[name] = (mod, attribute)
                if name in given:
                    value = _checked(name, given[name], t)
                    by_tensor.setdefault(id(t), value)
                if kind == "_buffers":
                    before.setdefault(name, (mod, attribute, given.get(name, t)))
    _check_names(module, given, names, strict)
    for name, (mod, attribute) in names.items():
        original = mod.__dict__["_parameters"].get(attribute)
        original = mod._entries("_buffers")[attribute] if original is None else original
        entries = table.setdefault(id(mod), {})
        if name in before:
            entries[attribute] = _fresh(by_tensor.get(id(original), original))
        elif id(original) in by_tensor:
            entries[attribute] = by_tensor[id(original)]
    return table, before


def _check_names(
    module: Module, given: dict[str, Any], names: dict[str, Any], strict: bool
) -> None:
    import difflib

    unknown = [k for k in given if k not in names]
    if unknown:
        near = difflib.get_close_matches(unknown[0], list(names), n=3)
        raise KeyError(
            f"{type(module).__name__} has no parameter or buffer named {unknown[0]!r}"
            + (f"; the nearest are {', '.join(near)}" if near else "")
        )
    if strict and len(given) != len(names):
        missing = [k for k in names if k not in given]
        raise RuntimeError(f"functional_call(strict=True): missing {', '.join(missing)}")


def _checked(name: str, value: Any, t: Tensor) -> Any:
    """Return a replacement as a Tensor of the right shape."""
    out = wrap(value if isinstance(value, Tracer) else np.asarray(value))
    if out.shape != t.shape:
        raise RuntimeError(
            f"functional_call: {name!r} has shape {out.shape}, the module's own has {t.shape}"
        )
    return out


def _fresh(t: Tensor) -> Tensor:
    """Return a buffer's stand-in: it may be written to, with traced values too."""
    bare = t.bare()
    if not isinstance(bare, Tensor):
        return wrap(bare)
    out = make(bare.value, None)
    out._level = _NEVER_FOREIGN
    return out


def _mapping_traces(x: Any) -> list[Any]:
    """Return the vmaps that map a value, outermost wrapper first."""
    from ..transforms.batch import BatchTracer

    found = []
    while isinstance(x, Tracer):
        x = x.bare()
        if isinstance(x, BatchTracer):
            found.append(x._trace)
        inner = getattr(x, "primal", None)
        x = getattr(x, "value", None) if inner is None and not isinstance(x, Tensor) else inner
    return found


def _settle(new: Any, old: Any, name: str, how: str) -> Any:
    """Decide the new value of a buffer that vmap maps though it is shared."""
    from .. import numpy as fnp
    from ..transforms.batch import BatchTracer

    if how == "batched":
        return new
    shared = set(map(id, _mapping_traces(old)))
    while isinstance(new, BatchTracer) and id(new._trace) not in shared:
        if how == "error":
            raise RuntimeError(
                f"the buffer {name!r} is shared by all examples of a vmap, but each would update it "
                'differently. Pass functional_call(..., shared_buffers="mean") to average the '
                'updates, "first" to take the first example\'s, "batched" to get them all; map the '
                "buffer too (in_axes=0); or switch the module to eval()"
            )
        integers = new.dtype.kind in "biu"
        new = fnp.mean(new.value, 0) if how == "mean" and not integers else new.value[0]
    return new


def stack_module_state(models: Sequence[Module]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Stack the parameters and the buffers of models of one architecture, for vmap.

    Returns
    -------
    params, buffers : dict of str to Tensor
        With a leading axis over the models; parameters are new leaves that require a gradient
        where the models' do.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> models = [fl.nn.Linear(2, 1) for _ in range(3)]
    >>> params, buffers = fl.stack_module_state(models)
    >>> call = lambda p, x: fl.functional_call(models[0], p, x)[0]
    >>> fl.vmap(call, in_axes=(0, None))(params, fl.ones(5, 2)).shape
    (3, 5, 1)
    """
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    kinds = {type(m) for m in models}
    if len(kinds) != 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    if len({m.training for m in models}) != 1:
        raise RuntimeError(
            "stack_module_state: Expected all models to have the same training/eval mode."
        )
    params: dict[str, Any] = {}
    for name, p in models[0].named_parameters():
        column = [m.get_parameter(name) for m in models]
        params[name] = make(np.stack([c.value for c in column]), None)
        params[name].requires_grad_(p.requires_grad)
    buffers = {
        name: make(np.stack([m.get_buffer(name).value for m in models]), None)
        for name, _ in models[0].named_buffers()
    }
    return params, buffers
