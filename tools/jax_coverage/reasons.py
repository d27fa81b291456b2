"""Differences that are meant, by module and name: what the table says instead of "equal"."""

__all__ = ["DIFFERENT"]

# (module, name) -> {"values" | "gradient" | "vmap": reason}
DIFFERENT: dict[tuple[str, str], dict[str, str]] = {}
