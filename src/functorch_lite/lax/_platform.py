"""What JAX leaves to the platform; the platform here is the CPU."""

from collections.abc import Callable
from typing import Any

from ..ir import current_source, summarize

__all__ = ["composite", "platform_dependent"]

Function = Callable[..., Any]


def composite(decomposition: Function, name: str, version: int = 0) -> Function:
    """Return the function itself: no library here replaces composites by name.

    Examples
    --------
    >>> composite(lambda x: 2 * x, "my.double")(3.0)
    6.0
    """
    return decomposition


def platform_dependent(
    *args: Any, default: Function | None = None, **per_platform: Function
) -> Any:
    """Call the function for ``cpu``, or else the default.

    Raises
    ------
    NotImplementedError
        If there is neither.

    Examples
    --------
    >>> platform_dependent(3.0, cpu=lambda x: 2 * x, tpu=lambda x: 3 * x)
    6.0
    """
    f = per_platform.get("cpu", default)
    if f is None:
        raise NotImplementedError(
            f"platform_dependent: no function for cpu, and no default {summarize(current_source())}; "
            "pass cpu= or default="
        )
    return f(*args)
