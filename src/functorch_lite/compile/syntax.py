"""Parsing of Python by several threads."""

import ast
import threading

__all__ = ["syntax_tree"]

# Python 3.11 counts the depth of trees for all threads together, and fails if two make one.
_parsing = threading.Lock()


def syntax_tree(source: str) -> list[ast.stmt]:
    """Parse Python, one thread after another.

    Examples
    --------
    >>> [type(statement).__name__ for statement in syntax_tree("x = 1")]
    ['Assign']
    """
    with _parsing:
        return ast.parse(source).body
