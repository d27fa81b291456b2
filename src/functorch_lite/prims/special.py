"""Special functions, gathered; implementations are SciPy's."""

from . import special_functions, special_gamma
from .special_functions import *  # noqa: F403
from .special_gamma import *  # noqa: F403

__all__ = [*special_functions.__all__, *special_gamma.__all__]
