"""A folder that keeps what it was given: where the objects of a cube live.

    put(key, data)            whole or not at all, on the disk when it returns, read back and compared
    put_if_absent(key, data)  the same, and only the first of several writers wins

Nothing here deletes what a reader could see. What a killed writer leaves behind lies under `PARTIAL`.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from zarr.storage import LocalStore

from posse.kernels.errors import InputError, SpaceError, StoreError

PARTIAL = ".posse/partial"


class Folder:
    """Objects by key in a local or shared file system."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser().absolute()

    def __str__(self) -> str:
        return str(self.path)

    def exists(self) -> bool:
        """Whether anything is there."""
        try:
            if not self.path.is_dir():
                if self.path.exists():
                    raise StoreError(f"{self}: exists and is not a folder")
                return False
            return any(self.path.iterdir())
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
        with self._written(key, data) as partial:
            partial.path.replace(self.path / key)
        if self.get(key) != data:
            raise StoreError(f"{self.path / key}: reads back otherwise than it was written; check the disk")

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Write an object unless there is one of that key; tells whether it did."""
        with self._written(key, data) as partial:
            try:
                os.link(partial.path, self.path / key)
            except FileExistsError:
                return False
        return True

    def _written(self, key: str, data: bytes) -> "_Partial":
        return _Partial(self.path, key, data)

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
        """Remove what killed writers have left; a writer that still lives will be refused."""
        shutil.rmtree(self.path / PARTIAL, ignore_errors=True)

    def zarr(self) -> LocalStore:
        return LocalStore(self.path, read_only=True)


class _Partial:
    """A written and synced file that is not yet under its key; afterwards the key's folder is synced."""

    def __init__(self, root: Path, key: str, data: bytes) -> None:
        self.path = root / PARTIAL / uuid4().hex
        self.home = (root / key).parent
        self.data = data

    def __enter__(self) -> "_Partial":
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.home.mkdir(parents=True, exist_ok=True)
            with self.path.open("xb") as file:
                file.write(self.data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            self._discard()
            raise _explained(error, self.home) from error
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._discard()
        if kind is None:
            handle = os.open(self.home, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def _discard(self) -> None:
        with suppress(OSError):  # the folder went away, or its disk did: whoever finds the file may sweep it
            self.path.unlink(missing_ok=True)


def _explained(error: OSError, home: Path) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return SpaceError(f"{home}: the disk is full; free space, then run the same command to go on")
    return StoreError(f"{home}: cannot be written: {error.strerror}")
