"""functorch_lite.numpy.fft."""

__all__: list[str] = []
