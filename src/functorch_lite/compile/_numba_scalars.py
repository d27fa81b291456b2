"""Scalar functions as ready-made LLVM bitcode, so that a kernel that uses one need not compile it.

numba takes 0.1 to 0.7 s for a function such as ``sin_f32``, most of it to infer types.  A module
may therefore declare the C signatures of its functions in ``SIGNATURES``.  Kernels then call them as
external symbols, and their bitcode is linked in and inlined: that which ships with the package
(`scalars.py`), or what numba made of them once, kept in the disk cache.
"""

from collections.abc import Callable
from typing import Any

import llvmlite.binding as ll
from llvmlite import ir
from numba.extending import intrinsic

from .scalars import PREFIX
from .signature import Signature, parse_signature

__all__ = ["external_names", "prepare_bitcode", "scalar"]

_functions: dict[str, tuple[Callable[..., Any], Signature, str]] = {}
"""Symbol: the numba function, its signature, and the digest of the source it comes from."""


def external_names(module: Any, digest: str, numba_type: Callable[[str], Any]) -> dict[str, Any]:
    """Make the names that a module lends to kernels.

    Parameters
    ----------
    module : module
        Its ``__all__`` is lent; functions in its ``SIGNATURES`` as external symbols.
    digest : str
        Hash of the module's source.
    numba_type : callable
        From our name of a type to numba's.
    """
    names = {name: getattr(module, name) for name in module.__all__}
    for name, text in getattr(module, "SIGNATURES", {}).items():
        symbol, signature = PREFIX + name, parse_signature(text)
        if _functions.get(symbol, (None, None, ""))[2] != digest:
            _functions[symbol] = (getattr(module, name), signature, digest)
        names[name] = _external(symbol, signature, numba_type)
    return names


_externals: dict[str, Any] = {}


def _external(symbol: str, signature: Signature, numba_type: Callable[[str], Any]) -> Any:
    """Make the intrinsic that calls an external symbol."""
    if symbol in _externals:
        return _externals[symbol]
    result = numba_type(signature.result)
    expected = tuple(numba_type(a) for a in signature.args)

    def codegen(context: Any, builder: Any, signature_: Any, args: Any) -> Any:
        function = builder.module.globals.get(symbol)
        if function is None:
            shape = ir.FunctionType(
                context.get_value_type(result), [context.get_value_type(a) for a in expected]
            )
            function = ir.Function(builder.module, shape, symbol)
        return builder.call(function, args)

    def unary(typingctx: Any, x: Any) -> Any:
        return (result(x), codegen) if (x,) == expected else None

    def binary(typingctx: Any, x: Any, y: Any) -> Any:
        return (result(x, y), codegen) if (x, y) == expected else None

    _externals[symbol] = intrinsic(unary if len(expected) == 1 else binary)
    return _externals[symbol]


def scalar(symbol: str) -> tuple[Callable[..., Any], Signature, str]:
    """Look up the function, the signature and the source digest behind a symbol."""
    return _functions[symbol]


def prepare_bitcode(module: Any, symbol: str, inner: set[str], machine: Any) -> bytes:
    """Optimise the module of one scalar function lightly, and make it fit for linking anywhere."""
    for function in module.functions:
        if function.name in inner:
            function.linkage = "internal"
            function.add_function_attribute("alwaysinline")
    options = ll.create_pipeline_tuning_options(speed_level=2)
    options.loop_vectorization = options.slp_vectorization = False
    builder = ll.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    function = module.get_function(symbol)
    function.linkage = "linkonce_odr"
    function.add_function_attribute("alwaysinline")
    bitcode: bytes = module.as_bitcode()
    return bitcode
