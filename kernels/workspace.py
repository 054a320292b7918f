"""Memory that is used again and again, which the system would else take back and clear each time."""

from math import prod
from threading import local
from typing import Any

import numpy as np
import numpy.typing as npt

PAGE = 4096  # bytes; the memory begins on a page, as disks want it
LARGE = 1 << 23  # bytes, at least, for which NumPy asks the system for large pages


class Workspace:
    """Arrays by name."""

    def __init__(self) -> None:
        self._held: dict[str, npt.NDArray[np.uint8]] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """An uninitialised array, in the memory of the last one of this name where that is large enough."""
        size = prod(shape) * np.dtype(dtype).itemsize
        if name not in self._held or len(self._held[name]) < size:
            room = np.empty(max(size + size // 8 + PAGE, LARGE), np.uint8)  # the next one may be a little larger
            self._held[name] = room[-room.ctypes.data % PAGE :]
        return self._held[name][:size].view(dtype).reshape(shape)


class ThreadWorkspace(local, Workspace):
    """A workspace that in every thread is another one."""
