"""Memory that is used again and again, which the system would else take back and clear each time.

    Workspace().array(name, shape, dtype)   memory of the caller's, overwritten by the next array of this name
    lasting(shape, dtype)                   an array to give away, in memory that earlier ones have left

Whoever gets an array fills it: it holds what was there before.
"""

from collections import deque
from math import prod
from threading import local
from typing import Any
from weakref import finalize

import numpy as np
import numpy.typing as npt

PAGE = 4096  # bytes; the memory begins on a page, as disks want it
LARGE = 1 << 23  # bytes, at least, for which NumPy asks the system for large pages
MAPPED = 1 << 25  # bytes from which on the C library gives memory back to the system as soon as it is left
LARGEST = 1 << 27  # bytes of a piece of memory that is kept for an array to come
SPARE = 2  # such pieces, at most

_spare: deque[npt.NDArray[np.uint8]] = deque(maxlen=SPARE)  # whose operations are atomic: arrays are left in any thread


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


class _Lent:
    """Memory that arrays lie in, as long as they or views of them do."""

    def __init__(self, room: npt.NDArray[np.uint8]) -> None:
        self.room = room
        self.__array_interface__ = room.__array_interface__
        finalize(self, _spare.append, room).atexit = False


def lasting(shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """An uninitialised array that nothing overwrites.

    One of MAPPED to LARGEST bytes lies in memory that an earlier one has left, where there is some, which may be up to
    twice as large; when its last view is gone, its memory is kept for the next one. The process does not give it back.
    """
    size = prod(shape) * np.dtype(dtype).itemsize
    if not MAPPED <= size <= LARGEST:
        return np.empty(shape, dtype)
    return np.asarray(_Lent(_room(size)))[:size].view(dtype).reshape(shape)


def _room(size: int) -> npt.NDArray[np.uint8]:
    """Memory for an array of this size: some that was kept, or new."""
    for _ in range(SPARE):
        try:
            room = _spare.popleft()
        except IndexError:  # none is kept, or other threads were faster
            break
        if size <= len(room) <= 2 * size:
            return room
        _spare.append(room)
    return np.empty(size, np.uint8)
