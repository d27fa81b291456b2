"""Write the LLVM text of the scalar functions, which ships with the package.

Run: ``python tools/scalar_llvm.py [NAME ...]`` after a change of ``kernels/scalar*.py`` (all functions
by default; it takes a minute or two). Needs x86-64, for which the text is optimised lightly; it then
serves all processors. `functorch_lite.compile.scalars` says what it is for.
"""

import re
import sys
from pathlib import Path

import llvmlite
import llvmlite.binding as ll
import numba

from functorch_lite.compile import _numba_backend as backend
from functorch_lite.compile import _numba_scalars
from functorch_lite.compile.expression import scalar_functions
from functorch_lite.compile.keys import source_digest
from functorch_lite.compile.scalars import FOLDER, INDEX, PREFIX, SCALARS
from functorch_lite.compile.target import Target, host_target
from functorch_lite.kernels import scalar


def names() -> list[str]:
    """Return the functions that generated kernels call."""
    return [n for n in scalar_functions() if n in scalar.SIGNATURES]


def versions() -> str:
    """Return what decides the text beside the source."""
    llvm = ll.llvm_version_info[0]
    return f"numba {numba.__version__} llvmlite {llvmlite.__version__} LLVM {llvm}"


def generate(name: str) -> str:
    """Compile one function and return its text."""
    backend.lent_names(scalar, source_digest(SCALARS))
    host_target()  # sets LLVM up
    target = Target(ll.get_process_triple(), "x86-64", "", 128)
    symbol = PREFIX + name
    function, signature, _ = _numba_scalars.scalar(symbol)
    return plain(
        name, str(ll.parse_bitcode(backend.scalar_bitcode(symbol, function, signature, target)))
    )


def plain(name: str, text: str) -> str:
    """Drop what ties the text to numba or to a processor; give its inner functions own names."""
    text = re.sub(r"(?m)^@_ZN08NumbaEnv.*\n", "", text)
    text = re.sub(r"(?m)^(source_filename|target) .*\n", "", text)
    text = re.sub(r' "prefer-vector-width"="\d+"', "", text)
    # (numba's names hold a counter: those of two texts could meet and mean different things.)
    inner: dict[str, str] = {}

    def rename(match: "re.Match[str]") -> str:
        return inner.setdefault(match[0], f"fl_part_{name}_{len(inner)}")

    text = re.sub(r"\b_ZN\w+", rename, text)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def main() -> None:
    """Write the texts and their index."""
    folder = Path(FOLDER)
    folder.mkdir(exist_ok=True)
    for name in sys.argv[1:] or names():
        (folder / f"{name}.ll").write_text(generate(name), encoding="ascii")
        print(name, flush=True)
    lines = [f"{name} {scalar.SIGNATURES[name]}" for name in names()]
    index = "\n".join([source_digest(SCALARS), versions(), *lines, ""])
    (folder / INDEX).write_text(index, encoding="ascii")


if __name__ == "__main__":
    main()
