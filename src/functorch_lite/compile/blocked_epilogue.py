"""What can be done to a result before it is stored: scale, shift, add, ReLU.

These functions look forward in the program from a var that nothing else reads.
"""

from dataclasses import dataclass, field
from typing import Any

from ..ir import REGISTRY, Eqn, Literal, ShapedArray, Var
from .blocked import Rewriter

__all__ = ["Epilogue", "epilogue_of", "is_zero", "note_relu", "relu_after", "sum_after"]


@dataclass
class Epilogue:
    """``out = relu(y * scale + bias + residual)``, each part optional.

    Attributes
    ----------
    out : Var
        The result, of the program that is read.
    scale, bias : Var or None
        One value for each channel.
    residual : Var or None
        Of the shape of the result.
    relu : bool
    covered : list of Eqn
        The equations that this is, in order.
    """

    out: Var
    scale: Var | None = None
    bias: Var | None = None
    residual: Var | None = None
    relu: bool = False
    covered: list[Eqn] = field(default_factory=list)


def is_zero(r: Rewriter, a: Any) -> bool:
    """Tell whether an operand is all zeros."""
    if isinstance(a, Var):
        made = r.maker(a, "broadcast_in_dim")
        a = None if made is None else made.inputs[0]
    return isinstance(a, Literal) and bool(a.value == 0)


def relu_after(r: Rewriter, v: Var) -> tuple[Var, list[Eqn]] | None:
    """Return the ReLU of a var and its equations, if nothing else reads the var."""
    if v in r.results:
        return None
    users = r.users.get(v, [])
    if len(users) != 2:
        return None
    test = next((e for e in users if e.primitive.name == "le"), None)
    pick = next((e for e in users if e.primitive.name == "select_n"), None)
    if test is None or pick is None or test.inputs[0] is not v or not is_zero(r, test.inputs[1]):
        return None
    if pick.inputs[0] is not test.outvars[0] or pick.inputs[1] is not v:
        return None
    return (pick.outvars[0], [test, pick]) if is_zero(r, pick.inputs[2]) else None


def sum_after(r: Rewriter, v: Var, now: bool) -> tuple[Var, Var, Eqn] | None:
    """Return the sum of a var and another, if nothing else reads the var.

    With `now` the other one must exist already.
    """
    users = r.users.get(v, [])
    if v in r.results or len(users) != 1 or users[0].primitive.name != "add":
        return None
    a, b = users[0].inputs
    other = b if a is v else a
    if not isinstance(other, Var) or other is v or other.aval.shape != v.aval.shape:
        return None
    if id(users[0]) in r.done or (now and other not in r.blocked and other not in r.here):
        return None
    return users[0].outvars[0], other, users[0]


def note_relu(r: Rewriter, y: Var, test: Eqn) -> None:
    """Note that a ReLU is covered; its mask, which `test` makes, can be had from its result."""
    mask = test.outvars[0]
    r.masks[mask] = y
    r.wait(test.replace(inputs=[y, test.inputs[1]]))


def _channel_vector(r: Rewriter, v: Any, c: int) -> Var | None:
    """Return the vector of channels that `v` repeats over ``[n, c, h, w]``."""
    made = r.maker(v, "broadcast_in_dim")
    if made is None or not isinstance(made.inputs[0], Var):
        return None
    source, dims = made.inputs[0], tuple(made.params["broadcast_dimensions"])
    sizes = {d: n for d, n in zip(dims, source.aval.shape, strict=True) if n != 1 or d == 1}
    if sizes != {1: c}:
        return None
    if source.aval.ndim == 1:
        return source
    shaped = r.maker(source, "reshape")
    if shaped is not None and shaped.inputs[0].aval.shape == (c,):
        return shaped.inputs[0]  # type: ignore[return-value]
    vector = Var(ShapedArray((c,), source.aval.dtype))
    r.wait(Eqn(REGISTRY["reshape"], [source], [vector], {"new_sizes": (c,)}))
    return vector


def _by_channel(r: Rewriter, v: Var, name: str) -> tuple[Eqn, Var] | None:
    """Return the equation that combines `v` with a vector of channels, and the vector."""
    users = r.users.get(v, [])
    if v in r.results or len(users) != 1 or users[0].primitive.name != name:
        return None
    a, b = users[0].inputs
    vector = _channel_vector(r, b if a is v else a, v.aval.shape[1])
    return None if vector is None else (users[0], vector)


def epilogue_of(r: Rewriter, y: Var) -> Epilogue:
    """Return what follows a convolution and can be done with its result in registers."""
    e = Epilogue(y)
    scaled = _by_channel(r, y, "mul")
    if scaled is not None:
        e.covered.append(scaled[0])
        e.scale, e.out = scaled[1], scaled[0].outvars[0]
    shifted = _by_channel(r, e.out, "add")
    if shifted is not None:
        e.covered.append(shifted[0])
        e.bias, e.out = shifted[1], shifted[0].outvars[0]
    added = sum_after(r, e.out, now=False)
    if added is not None:
        e.covered.append(added[2])
        e.out, e.residual = added[0], added[1]
    relu = relu_after(r, e.out)
    if relu is not None:
        e.covered += relu[1]
        e.out, e.relu = relu[0], True
    return e
