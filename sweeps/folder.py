"""A folder that keeps what it was given: where the objects of a cube live.

    put(key, data)            whole or not at all, on the disk when it returns, read back and compared
    put_if_absent(key, data)  the same, and only the first of several writers wins

Nothing here deletes what a reader could see. What a killed writer leaves behind lies under `PARTIAL`.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from zarr.storage import LocalStore

from posse.kernels.errors import InputError, SpaceError, StoreError

ROOM = ".posse"
PARTIAL = f"{ROOM}/partial"
ATTEMPTS = 10  # at writing a file that another run, which has just finished the cube, sweeps away


class Folder:
    """Objects by key in a local or shared file system."""

    def __init__(self, path: str | Path) -> None:
        if "://" in str(path):
            raise InputError(f"{path}: is not a folder; cubes live in a local or shared file system")
        self.path = Path(path).expanduser().absolute()

    def __str__(self) -> str:
        return str(self.path)

    def exists(self) -> bool:
        """Whether anything is there, but for what a killed writer left behind."""
        try:
            if not self.path.is_dir():
                if self.path.exists():
                    raise StoreError(f"{self}: exists and is not a folder")
                return False
            names = {path.name for path in self.path.iterdir()}
            return bool(names - {ROOM}) or (
                ROOM in names and any(p.name != "partial" for p in (self.path / ROOM).iterdir())
            )
        except OSError as error:
            raise InputError(f"{self}: cannot be opened: {error.strerror}") from error

    def get(self, key: str) -> bytes | None:
        try:
            return (self.path / key).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StoreError(f"{self.path / key}: cannot be read: {error.strerror}") from error

    def put(self, key: str, data: bytes) -> None:
        """Write an object, replacing one of that key."""
        self._place(key, data, os.replace)
        if self.get(key) != data:
            raise StoreError(f"{self.path / key}: reads back otherwise than it was written; check the disk")

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Write an object unless there is one of that key; tells whether it did."""
        return self._place(key, data, os.link)

    def _place(self, key: str, data: bytes, move: Callable[[Path, Path], None]) -> bool:
        """Write and sync a file, move it to its key, sync the key's folder; false where something is there."""
        target, attempts = self.path / key, ATTEMPTS
        try:
            _make(target.parent)
            while attempts:
                attempts -= 1
                try:
                    with _partial(self.path / PARTIAL, data) as partial:
                        return _move(move, partial, target)
                except FileNotFoundError:
                    if not attempts:
                        raise
        except OSError as error:
            raise _explained(error, target.parent) from error
        raise AssertionError

    def keys(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Keys directly below a prefix and their lengths, in no order."""
        try:
            with os.scandir(self.path / prefix) as entries:
                yield from ((f"{prefix}/{e.name}", e.stat().st_size) for e in entries if e.is_file())
        except FileNotFoundError:
            return

    def free(self) -> int:
        """Bytes that can still be written."""
        there = self.path
        while not there.exists():
            there = there.parent
        return shutil.disk_usage(there).free

    def sweep_partial(self) -> None:
        """Remove what killed writers have left; a writer that still lives writes its file again."""
        shutil.rmtree(self.path / PARTIAL, ignore_errors=True)

    def zarr(self) -> LocalStore:
        return LocalStore(self.path, read_only=True)


def _make(folder: Path) -> None:
    """Make a folder and those above it, each entry synced."""
    if folder.is_dir():
        return
    _make(folder.parent)
    try:
        folder.mkdir(exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from error
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _partial(home: Path, data: bytes) -> Iterator[Path]:
    """A written and synced file that is not yet under its key."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / uuid4().hex
    try:
        with path.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield path
    finally:
        with suppress(OSError):  # the folder went away, or its disk did: whoever finds the file may sweep it
            path.unlink(missing_ok=True)


def _move(move: Callable[[Path, Path], None], partial: Path, target: Path) -> bool:
    try:
        move(partial, target)
    except FileExistsError:
        return False
    _sync(target.parent)
    return True


def _explained(error: OSError, home: Path) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return SpaceError(f"{home}: the disk is full; free space, then run the same command to go on")
    return StoreError(f"{home}: cannot be written: {error.strerror}")
