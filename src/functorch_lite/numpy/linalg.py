"""functorch_lite.numpy.linalg."""

__all__: list[str] = []
