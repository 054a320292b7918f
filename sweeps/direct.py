"""Files that go past the page cache: written from memory to the disk, and read back from it.

    write(path, content)           a new file
    keeps(path, content)           see it onto the disk; whether it has just these bytes there
    sync(path)                     a folder, of which the names are on the disk when this returns

A big cube is written once and read in parts much later; copying it into the page cache takes longer than writing it,
and reading it back from there tells nothing of the disk. Small files and systems without O_DIRECT go the ordinary way.
"""

import ctypes
import errno
import fcntl
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from posse.kernels.workspace import PAGE, ThreadWorkspace

Bytes = npt.NDArray[np.uint8]
Content = bytes | memoryview

LEAST = 1 << 17  # bytes of a file that is worth the trouble
PIECE = 1 << 20  # bytes that are read back at once
DIRECT: int = getattr(os, "O_DIRECT", 0)

_memory = ThreadWorkspace()
_memcmp = ctypes.CDLL(None).memcmp  # NumPy makes an array of every comparison first
_memcmp.argtypes = ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t


def write(path: Path | str, content: Content) -> None:
    """Write a new file; `keeps` sees it onto the disk."""
    data = np.frombuffer(content, np.uint8)
    file = _open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, len(data))
    try:
        done = _write_pages(file, data) if _is_direct(file) and data.ctypes.data % PAGE == 0 else 0
        if done < len(data):
            _leave_direct(file)
            _write_all(file, data[done:])
    finally:
        os.close(file)


class ReadBackError(OSError):
    """A file that was written cannot be read."""


def keeps(path: Path | str, content: Content) -> bool:
    """See a file onto the disk; whether it has just these bytes, read from there where it is large and that can be had.

    Raises ReadBackError where it cannot be read, another OSError where it does not come onto the disk.
    """
    data = np.frombuffer(content, np.uint8)
    file = _open(path, os.O_RDONLY, len(data))
    try:
        os.fsync(file)
        try:
            return _holds(file, data)
        except OSError as error:
            raise ReadBackError(error.errno, error.strerror) from error
    finally:
        os.close(file)


def sync(folder: Path | str) -> None:
    """See the names in a folder onto the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _holds(file: int, data: Bytes) -> bool:
    piece = _memory.array("piece", (PIECE,), np.uint8)
    for start in range(0, len(data) + 1, PIECE):  # one more than there is: a file may be too long
        wanted = data[start : start + PIECE]
        found = os.preadv(file, [piece.data], start)
        if found != len(wanted) or not _same(piece[:found], wanted):
            return False
    return True


def _open(path: Path | str, flags: int, size: int) -> int:
    """Open a file, for direct access where that is worth it and can be had."""
    if DIRECT and size >= LEAST:
        try:
            return os.open(path, flags | DIRECT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            if flags & os.O_CREAT:  # what refuses direct access has made the file already
                Path(path).unlink(missing_ok=True)
    return os.open(path, flags | os.O_CLOEXEC, 0o666)


def _is_direct(file: int) -> bool:
    return bool(DIRECT and fcntl.fcntl(file, fcntl.F_GETFL) & DIRECT)


def _leave_direct(file: int) -> None:
    if _is_direct(file):
        fcntl.fcntl(file, fcntl.F_SETFL, fcntl.fcntl(file, fcntl.F_GETFL) & ~DIRECT)


def _write_pages(file: int, data: Bytes) -> int:
    """Write the whole pages of it; tells how many bytes that were, none where the file system refuses."""
    try:
        _write_all(file, data[: len(data) // PAGE * PAGE])
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        os.lseek(file, 0, os.SEEK_SET)
    return os.lseek(file, 0, os.SEEK_CUR)


def _write_all(file: int, data: Bytes) -> None:
    rest = data.data
    while rest:
        rest = rest[os.write(file, rest) :]


def _same(one: Bytes, other: Bytes) -> bool:
    """Whether two arrays of one length hold the same bytes."""
    return not _memcmp(one.ctypes.data, other.ctypes.data, len(one))
