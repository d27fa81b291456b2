"""Simplification of flat programs: aliases, algebra, common subexpressions, dead code.

Every rewrite is exact in floating point: ``x * 1``, ``x / 1``, ``-(-x)``, ``x - 0``, a transpose of
a transpose, a conversion to the dtype that is there already. ``x + 0`` is not (``-0. + 0. = 0.``).
"""

from typing import Any

import numpy as np

from ..ir import REGISTRY, Eqn, Literal, Var, subjaxprs
from ..prims.lowering import Scalar
from .inline import FlatProgram

__all__ = ["drop_dead", "equation_key", "simplify"]


_VIEWS = ("broadcast_in_dim", "transpose", "reshape", "slice", "rev", "stretch")


def simplify(program: FlatProgram) -> FlatProgram:
    """Return an equivalent program with fewer equations.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> from functorch_lite import numpy as np
    >>> from functorch_lite.compile.inline import inline_calls
    >>> closed = fl.make_jaxpr(lambda x: -(-(np.sin(x) * 1.0)) + np.sin(x))(1.0)
    >>> [e.primitive.name for e in simplify(inline_calls(closed.jaxpr)).eqns]
    ['sin', 'add']
    """
    out = FlatProgram(program.invars, program.consts)
    alias: dict[Var, Any] = {}
    seen: dict[Any, list[Any]] = {}
    made_by: dict[Var, Eqn] = {}

    def atom(a: Any) -> Any:
        return a if isinstance(a, Literal) else alias.get(a, a)

    pairs = [
        (e, region)
        for eqn, region in zip(program.eqns, program.regions, strict=True)
        for e in _outer_as_mul(eqn)
    ]
    for eqn, region in pairs:
        inputs = [atom(a) for a in eqn.inputs]
        eqn = _literal_operands(eqn.replace(inputs=inputs), made_by)
        eqn = _fold_splat(_view_of_splat(_power_of_zero(eqn), made_by), made_by)
        eqn = _merge_views(eqn, made_by)
        same = _rewrite(eqn, made_by)
        if same is None:
            same = _identity(eqn, made_by)
        if same is not None:
            alias[eqn.outvars[0]] = same
            continue
        key = equation_key(eqn, region)
        if key is not None:
            found = seen.get(key)
            if found is not None:
                alias.update(zip(eqn.outvars, found, strict=True))
                continue
            seen[key] = list(eqn.outvars)
        out.eqns.append(eqn)
        out.regions.append(region)
        for v in eqn.outvars:
            made_by[v] = eqn
    out.outs = [atom(o) for o in program.outs]
    return drop_dead(out)


def _outer_as_mul(eqn: Eqn) -> list[Eqn]:
    """Write a product that sums over nothing as a broadcast multiplication, which can be fused."""
    if eqn.primitive.name != "dot_general" or eqn.params["dimension_numbers"][0][0]:
        return [eqn]
    x, y = eqn.inputs
    out = eqn.outvars[0]
    if any(isinstance(a, Literal) for a in (x, y)):
        return [eqn]
    (_, (xb, yb)) = eqn.params["dimension_numbers"]
    xf = [d for d in range(x.aval.ndim) if d not in xb]
    yf = [d for d in range(y.aval.ndim) if d not in yb]
    nb = len(xb)
    place_x = {d: i for i, d in enumerate([*xb, *xf])}
    place_y = {d: i for i, d in enumerate(yb)} | {d: nb + len(xf) + i for i, d in enumerate(yf)}
    eqns, operands = [], []
    for a, place in ((x, place_x), (y, place_y)):
        order = sorted(place, key=lambda d: place[d])
        if order != list(range(a.aval.ndim)):
            turned = Var(a.aval.update(shape=tuple(a.aval.shape[d] for d in order)))
            params: dict[str, Any] = {"permutation": tuple(order)}
            eqns.append(
                eqn.replace(
                    primitive=REGISTRY["transpose"], inputs=[a], outvars=[turned], params=params
                )
            )
            a = turned
        wide = Var(out.aval)
        params = {
            "shape": out.aval.shape,
            "broadcast_dimensions": tuple(place[d] for d in order),
        }
        eqns.append(
            eqn.replace(
                primitive=REGISTRY["broadcast_in_dim"], inputs=[a], outvars=[wide], params=params
            )
        )
        operands.append(wide)
    return [*eqns, eqn.replace(primitive=REGISTRY["mul"], inputs=operands, params={})]


def _literal_operands(eqn: Eqn, made_by: dict[Var, Eqn]) -> Eqn:
    """Let an elementwise equation read a broadcast scalar constant as the scalar."""
    if not isinstance(eqn.primitive.lower, Scalar) or len(eqn.inputs) < 2:
        return eqn

    def scalar(a: Any) -> Any:
        made = made_by.get(a) if isinstance(a, Var) else None
        if made is not None and made.primitive.name == "broadcast_in_dim":
            return made.inputs[0] if isinstance(made.inputs[0], Literal) else a
        return a

    inputs = [scalar(a) for a in eqn.inputs]
    shape = eqn.outvars[0].aval.shape
    if any(a.aval.shape == shape for a in inputs):
        return eqn.replace(inputs=inputs)
    return eqn


def _power_of_zero(eqn: Eqn) -> Eqn:
    """Write x**0 as a constant: it is 1 for NaN too."""
    if eqn.primitive.name != "integer_pow" or eqn.params["y"] != 0:
        return eqn
    out = eqn.outvars[0].aval
    params = {"shape": out.shape, "broadcast_dimensions": ()}
    one = Literal(out.dtype.type(1))
    return eqn.replace(primitive=REGISTRY["broadcast_in_dim"], inputs=[one], params=params)


def _view_of_splat(eqn: Eqn, made_by: dict[Var, Eqn]) -> Eqn:
    """Write a view of a broadcast scalar constant as one."""
    if eqn.primitive.name not in _VIEWS or not isinstance(eqn.inputs[0], Var):
        return eqn
    made = made_by.get(eqn.inputs[0])
    if made is None or made.primitive.name != "broadcast_in_dim":
        return eqn
    if not isinstance(made.inputs[0], Literal):
        return eqn
    params = {"shape": eqn.outvars[0].aval.shape, "broadcast_dimensions": ()}
    return made.replace(outvars=eqn.outvars, params=params)


def _fold_splat(eqn: Eqn, made_by: dict[Var, Eqn]) -> Eqn:
    """Compute an elementwise equation of scalar constants now; its result is one again."""
    if not isinstance(eqn.primitive.lower, Scalar) or not eqn.inputs or len(eqn.outvars) != 1:
        return eqn
    values = []
    for a in eqn.inputs:
        made = made_by.get(a) if isinstance(a, Var) else None
        if made is not None and made.primitive.name == "broadcast_in_dim":
            a = made.inputs[0]
        if not isinstance(a, Literal):
            return eqn
        values.append(np.asarray(a.value, a.aval.dtype)[()])
    out = eqn.outvars[0].aval
    with np.errstate(all="ignore"):
        value = np.asarray(eqn.primitive.impl(*values, **eqn.params), out.dtype)[()]
    params = {"shape": out.shape, "broadcast_dimensions": ()}
    return eqn.replace(
        primitive=REGISTRY["broadcast_in_dim"], inputs=[Literal(value)], params=params
    )


def drop_dead(program: FlatProgram) -> FlatProgram:
    """Remove equations that nobody needs."""
    live = {o for o in program.outs if isinstance(o, Var)}
    eqns, regions = [], []
    for eqn, region in zip(reversed(program.eqns), reversed(program.regions), strict=True):
        effect = eqn.primitive.effectful or any(j.effectful for j in subjaxprs(eqn))
        if effect or any(v in live for v in eqn.outvars):
            live.update(a for a in eqn.inputs if isinstance(a, Var))
            eqns.append(eqn)
            regions.append(region)
    program.eqns, program.regions = eqns[::-1], regions[::-1]
    program.consts = [(v, x) for v, x in program.consts if v in live]
    return program


def _is_literal(a: Any, value: float) -> bool:
    return isinstance(a, Literal) and not isinstance(a.value, bool) and bool(a.value == value)


def _rewrite(eqn: Eqn, made_by: dict[Var, Eqn]) -> Any:
    """Return the atom that an equation's single result equals, or None."""
    name, inputs = eqn.primitive.name, eqn.inputs
    if len(eqn.outvars) != 1:
        return None
    out = eqn.outvars[0].aval
    first = inputs[0] if inputs else None

    def whole(a: Any) -> Any:
        """Return `a` if it has the result's shape and dtype."""
        same = a.aval.shape == out.shape and a.aval.dtype == out.dtype
        return a if same else None

    if name == "mul":
        for a, b in ((inputs[0], inputs[1]), (inputs[1], inputs[0])):
            if _is_literal(b, 1.0):
                return whole(a)
    elif (name == "div" and _is_literal(inputs[1], 1.0) and out.dtype.kind == "f") or (
        name == "integer_pow" and eqn.params["y"] == 1
    ):
        return whole(first)
    elif name in ("convert_element_type", "reshape", "broadcast_in_dim", "copy"):
        if isinstance(first, Literal):
            return _fold_literal(eqn, first)
        if name != "broadcast_in_dim" or len(eqn.params["broadcast_dimensions"]) == len(out.shape):
            return whole(first)
    elif name == "transpose" and eqn.params["permutation"] == tuple(range(out.ndim)):
        return first
    return None


# f(f(x)) = x, and f(f(x)) = f(x), where both have the same parameters.
_INVOLUTIONS = frozenset(["conj", "neg", "not", "rev"])
_IDEMPOTENT = frozenset(["abs", "ceil", "floor", "round", "sign", "trunc"])
# f(x, x) = x.
_MEANS_OF_TWO = frozenset(["and", "max", "min", "or"])
# f(x, 0) = x, for integers.
_NEUTRAL_ZERO = frozenset(
    ["add", "or", "shift_left", "shift_right_arithmetic", "shift_right_logical", "sub", "xor"]
)
# f(x, y) = f(y, x), bit for bit.
_COMMUTATIVE = frozenset(["add", "and", "eq", "mul", "ne", "or", "xor"])


def _identity(eqn: Eqn, made_by: dict[Var, Eqn]) -> Any:
    """Return the operand, or an operand's operand, that a single result equals, or None."""
    name, inputs = eqn.primitive.name, eqn.inputs
    if len(eqn.outvars) != 1 or not inputs:
        return None
    found = None
    inner = made_by.get(inputs[0]) if isinstance(inputs[0], Var) else None
    if inner is not None and inner.primitive is eqn.primitive and inner.params == eqn.params:
        if name in _INVOLUTIONS:
            found = inner.inputs[0]
        elif name in _IDEMPOTENT:
            found = inputs[0]
    if (name in _MEANS_OF_TWO and inputs[0] is inputs[1]) or (
        name == "select_n" and all(a is inputs[1] for a in inputs[2:])
    ):
        found = inputs[1]
    if len(inputs) == 2 and isinstance(inputs[1], Literal) and _adds_nothing(name, inputs[1]):
        found = inputs[0]
    out = eqn.outvars[0].aval
    if found is None or (found.aval.shape, found.aval.dtype) != (out.shape, out.dtype):
        return None
    return found


def _adds_nothing(name: str, a: Literal) -> bool:
    """Tell whether a right operand leaves the left one as it is, the sign of zero included."""
    kind = a.aval.dtype.kind
    if kind in "iu":
        return name in _NEUTRAL_ZERO and not a.value
    if kind != "f" or a.value != 0:
        return False
    return name == ("add" if np.signbit(a.value) else "sub")


def _fold_literal(eqn: Eqn, a: Literal) -> Any:
    """Fold a conversion of a scalar constant."""
    if eqn.primitive.name == "convert_element_type":
        value = np.asarray(a.value).astype(eqn.params["new_dtype"])[()]
        return Literal(value)
    return a if eqn.outvars[0].aval.shape == () else None


def _merge_views(eqn: Eqn, made_by: dict[Var, Eqn]) -> Eqn:
    """Merge a reshape or transpose with the one before it."""
    name = eqn.primitive.name
    if name not in ("reshape", "transpose") or not isinstance(eqn.inputs[0], Var):
        return eqn
    before = made_by.get(eqn.inputs[0])
    if before is None or before.primitive.name != name:
        return eqn
    if name == "reshape":
        return eqn.replace(inputs=before.inputs)
    inner = before.params["permutation"]
    merged = tuple(inner[p] for p in eqn.params["permutation"])
    return eqn.replace(inputs=before.inputs, params={"permutation": merged})


def equation_key(eqn: Eqn, region: int) -> Any:
    """Return what makes two equations equal, or None if they must not be shared."""
    if eqn.primitive.effectful or any(j.effectful for j in subjaxprs(eqn)):
        return None
    atoms: tuple[Any, ...] = tuple(
        ("lit", a.aval, np.asarray(a.value).tobytes()) if isinstance(a, Literal) else a
        for a in eqn.inputs
    )
    if eqn.primitive.name in _COMMUTATIVE:
        atoms = tuple(sorted(atoms, key=lambda a: (isinstance(a, tuple), hash(a))))
    try:
        params = tuple(sorted(eqn.params.items()))
        hash(params)
    except TypeError:
        return None
    return eqn.primitive.name, atoms, params, region
