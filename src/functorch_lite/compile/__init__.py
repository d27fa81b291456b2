"""functorch_lite."""
