"""Names of `jax.lax` that are not here, and what to use."""

__all__ = ["LEFT_OUT"]

_PRECISION = "everything is computed in the dtype of its operands; cast them with x.astype(...)"
_DEVICES = "there are no devices and no sharding; collectives under vmap are psum, ppermute ..."
_ORDER = "side effects keep their order; use debug.callback or io_callback"
_XLA = "a hook for XLA programs; call the function itself"
_RANDOM = "use functorch_lite.random.bits or uniform with a key"

LEFT_OUT: dict[str, str] = {
    "AccuracyMode": _PRECISION,
    "DotAlgorithm": _PRECISION,
    "DotAlgorithmPreset": _PRECISION,
    "RandomAlgorithm": _RANDOM,
    "Tolerance": _PRECISION,
    "after_all": _ORDER,
    "create_token": _ORDER,
    "dce_sink": _XLA,
    "pbroadcast": _DEVICES,
    "pcast": _DEVICES,
    "precv": _DEVICES,
    "psend": _DEVICES,
    "ragged_all_to_all": _DEVICES,
    "rng_bit_generator": _RANDOM,
    "rng_uniform": _RANDOM,
    "scaled_dot": "NumPy has no 8-bit floats; use dot_general on float32",
    "stage": _XLA,
    "with_sharding_constraint": _DEVICES,
}
