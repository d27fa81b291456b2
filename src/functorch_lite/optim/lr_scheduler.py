"""Schedules of learning rates (PyTorch's name for the module)."""

from .combined import ReduceLROnPlateau as ReduceLROnPlateau
from .combined import SequentialLR as SequentialLR
from .cyclic import ChainedScheduler as ChainedScheduler
from .cyclic import CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts
from .cyclic import CyclicLR as CyclicLR
from .one_cycle import OneCycleLR as OneCycleLR
from .schedule import *  # noqa: F403
from .schedule import __all__ as _schedules

__all__ = [*_schedules, "ChainedScheduler", "CosineAnnealingWarmRestarts", "CyclicLR"]
__all__ += ["OneCycleLR", "ReduceLROnPlateau", "SequentialLR"]
