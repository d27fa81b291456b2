"""The part of `Module` that saves and loads its state."""

import itertools
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..stateful.modes import no_grad
from ..stateful.tensor import Tensor, make
from ._walking import Walking
from .parameter import Parameter

__all__ = ["IncompatibleKeys", "State", "StateDict"]


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict` returns."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"IncompatibleKeys(missing_keys={self.missing_keys}, "
            f"unexpected_keys={self.unexpected_keys})"
        )


class StateDict(OrderedDict[str, Any]):
    """A state_dict; ``_metadata`` has the version of each module."""

    _metadata: dict[str, dict[str, Any]]


class State(Walking):
    """Saving and loading by dotted names."""

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> StateDict:
        """Return parameters and persistent buffers by dotted name.

        The tensors are detached and share data with the module's, unless `keep_vars`.
        """
        out = StateDict()
        out._metadata = {}
        for path, module in self.named_modules(remove_duplicate=False):
            out._metadata[f"{prefix}{path}".rstrip(".")] = {"version": module._version}
            head = f"{prefix}{path}." if path else prefix
            skip = module.__dict__["_non_persistent"]
            for name, t in itertools.chain(module._parameters.items(), module._buffers.items()):
                if t is not None and name not in skip:
                    out[head + name] = t if keep_vars else t.detach()
        return out

    def _may_be_missing(self, name: str, version: int | None) -> bool:
        """Tell whether older checkpoints lack an entry."""
        return False

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy parameters and buffers from a state_dict.

        Parameters
        ----------
        state_dict : mapping of str to Tensor or array
        strict : bool
            Raise for missing and unexpected names.
        assign : bool
            Take the given tensors (and their dtypes) instead of copying into the present ones.

        Returns
        -------
        IncompatibleKeys
            ``missing_keys`` and ``unexpected_keys``.

        Raises
        ------
        RuntimeError
            Naming everything that does not fit; the module is then left as it was.
        """
        metadata = getattr(state_dict, "_metadata", {})
        plan: list[tuple[Any, str, str, Any]] = []
        missing, errors, known = [], [], set()
        for path, module in self.named_modules(remove_duplicate=False):
            version = metadata.get(path, {}).get("version")
            head = f"{path}." if path else ""
            skip = module.__dict__["_non_persistent"]
            for table in ("_parameters", "_buffers"):
                for name, t in module.__dict__[table].items():
                    key = head + name
                    if t is None or name in skip:
                        continue
                    known.add(key)
                    if key not in state_dict:
                        if not module._may_be_missing(name, version):
                            missing.append(key)
                        continue
                    problem = _misfit(key, t, state_dict[key])
                    if problem:
                        errors.append(problem)
                    plan.append((module, table, name, state_dict[key]))
        unexpected = [k for k in state_dict if k not in known]
        _raise_for(self, errors, missing if strict else [], unexpected if strict else [])
        for module, table, name, value in plan:
            module._load_entry(table, name, value, assign)
        return IncompatibleKeys(missing, unexpected)

    def _load_entry(self, table: str, name: str, value: Any, assign: bool) -> None:
        """Set one parameter or buffer."""
        entries = self.__dict__[table]
        t = entries[name]
        if not assign:
            new = value if isinstance(value, Tensor) else make(np.array(value), None)
            with no_grad():
                t.copy_(new.detach())
            return
        new = value if isinstance(value, Tensor) else make(np.asarray(value), None)
        if table == "_parameters" and not isinstance(new, Parameter):
            new = Parameter(new, requires_grad=t.requires_grad)
        entries[name] = new


def _misfit(key: str, t: Tensor, value: Any) -> str:
    """Return what is wrong with a value for an entry, or an empty string."""
    shape = getattr(value, "shape", None)
    if shape is None:
        return (
            f'While copying the parameter named "{key}", expected a Tensor or an array from '
            f"checkpoint but received {type(value).__name__}"
        )
    if tuple(shape) != t.shape:
        return (
            f"size mismatch for {key}: copying a param with shape {tuple(shape)} from checkpoint, "
            f"the shape in current model is {t.shape}."
        )
    return ""


def _raise_for(module: Any, errors: list[str], missing: list[str], unexpected: list[str]) -> None:
    """Raise one error that names everything that does not fit."""
    lines = []
    if unexpected:
        lines.append(
            "Unexpected key(s) in state_dict: " + ", ".join(f'"{k}"' for k in unexpected) + ". "
        )
    if missing:
        lines.append("Missing key(s) in state_dict: " + ", ".join(f'"{k}"' for k in missing) + ". ")
    lines = lines[::-1] + errors
    if lines:
        body = "\n\t".join(lines)
        raise RuntimeError(f"Error(s) in loading state_dict for {type(module).__name__}:\n\t{body}")
