"""Names of `jax.numpy` that are not here, and what to use."""

__all__ = ["LEFT_OUT"]

_SMALL_FLOAT = "NumPy has no floats of 4, 6 or 8 bits; use float16 or float32"
_SMALL_INT = "NumPy has no integers of less than 8 bits; use int8 or uint8"

LEFT_OUT: dict[str, str] = {
    "bfloat16": "NumPy has no bfloat16; use float32 or float16",
    "int1": _SMALL_INT,
    "int2": _SMALL_INT,
    "int4": _SMALL_INT,
    "uint1": _SMALL_INT,
    "uint2": _SMALL_INT,
    "uint4": _SMALL_INT,
    **dict.fromkeys(
        [
            "float4_e2m1fn",
            "float6_e2m3fn",
            "float6_e3m2fn",
            "float8_e3m4",
            "float8_e4m3",
            "float8_e4m3b11fnuz",
            "float8_e4m3fn",
            "float8_e4m3fnuz",
            "float8_e5m2",
            "float8_e5m2fnuz",
            "float8_e8m0fnu",
        ],
        _SMALL_FLOAT,
    ),
}
