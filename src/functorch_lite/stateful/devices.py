"""The one device, under PyTorch's names, so that portable scripts run as they are."""

from typing import Any

__all__ = ["cuda", "device"]


class device(str):
    """The name of a device; only ``"cpu"`` can hold Tensors.

    Examples
    --------
    >>> import functorch_lite as fl
    >>> fl.device("cuda" if fl.cuda.is_available() else "cpu")
    device(type='cpu')
    >>> fl.ones(2).device.type
    'cpu'
    """

    __slots__ = ()

    def __new__(cls, type: Any, index: int | None = None) -> "device":
        """Name a device."""
        name = str(type)
        return super().__new__(cls, name if index is None else f"{name}:{index}")

    @property
    def type(self) -> str:
        """The kind of device."""
        return self.split(":")[0]

    @property
    def index(self) -> int | None:  # type: ignore[override]
        """Its number, if one was given."""
        _, colon, number = self.partition(":")
        return int(number) if colon else None

    def __repr__(self) -> str:
        number = "" if self.index is None else f", index={self.index}"
        return f"device(type={self.type!r}{number})"


class cuda:
    """There is no GPU: what a script asks before it decides for the CPU."""

    @staticmethod
    def is_available() -> bool:
        """Return False."""
        return False

    @staticmethod
    def device_count() -> int:
        """Return 0."""
        return 0

    @staticmethod
    def manual_seed(seed: int) -> None:
        """Do nothing: see `functorch_lite.manual_seed`."""

    manual_seed_all = manual_seed

    @staticmethod
    def empty_cache() -> None:
        """Do nothing."""

    @staticmethod
    def synchronize(device: Any = None) -> None:
        """Do nothing."""


CPU = device("cpu")
