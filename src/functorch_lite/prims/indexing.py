"""Reading and writing at computed positions: gather and dynamic slices; see also `scatter`."""

from .dynamic_slice import dynamic_slice as dynamic_slice
from .dynamic_slice import dynamic_slice_p as dynamic_slice_p
from .dynamic_slice import dynamic_update_slice as dynamic_update_slice
from .dynamic_slice import dynamic_update_slice_p as dynamic_update_slice_p
from .gather import GatherDimensionNumbers as GatherDimensionNumbers
from .gather import gather as gather
from .gather import gather_p as gather_p

__all__ = [
    "GatherDimensionNumbers",
    "dynamic_slice",
    "dynamic_slice_p",
    "dynamic_update_slice",
    "dynamic_update_slice_p",
    "gather",
    "gather_p",
]
