"""Schedules of learning rates (PyTorch's name for the module)."""

from .combined import ReduceLROnPlateau as ReduceLROnPlateau
from .combined import SequentialLR as SequentialLR
from .one_cycle import OneCycleLR as OneCycleLR
from .schedule import *  # noqa: F403
from .schedule import __all__ as _schedules

__all__ = [*_schedules, "OneCycleLR", "ReduceLROnPlateau", "SequentialLR"]
