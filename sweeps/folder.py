"""A store in a local or shared file system.

An object appears under its name whole or not at all, and is on the disk when `put` returns. What a killed writer leaves
behind lies under `PARTIAL`.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from zarr.storage import LocalStore

from posse.kernels.errors import InputError, ServiceError, SpaceError, StoreError
from posse.sweeps import direct
from posse.sweeps.direct import Content
from posse.sweeps.store import ROOM, Entry

PARTIAL = f"{ROOM}/partial"
PASSING = (errno.EIO, errno.ESTALE, errno.ETIMEDOUT)  # troubles that may pass
ATTEMPTS = 10  # at writing a file that another run, which has just finished the cube, sweeps away


class Folder:
    """Objects by key in a folder; see posse.sweeps.store."""

    def __init__(self, path: str | Path) -> None:
        try:
            self.path = Path(path).expanduser().absolute()
        except RuntimeError as error:  # ~somebody
            raise InputError(f"{path}: {error}") from error

    def __str__(self) -> str:
        return str(self.path)

    def below(self, name: str) -> "Folder":
        return Folder(self.path / name)

    def exists(self) -> bool:
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
            kind = ServiceError if error.errno in PASSING else StoreError
            raise kind(f"{self.path / key}: cannot be read: {error.strerror}") from error

    def put(self, objects: Mapping[str, Content]) -> None:
        self._place({self.path / key: data for key, data in objects.items()}, os.replace)
        for key, data in objects.items():
            if not self._holds(self.path / key, data):
                raise ServiceError(f"{self.path / key}: reads back otherwise than it was written; check the disk")

    def put_if_absent(self, key: str, data: bytes) -> bool:
        return self._place({self.path / key: data}, os.link)

    def _holds(self, path: Path, data: Content) -> bool:
        try:
            return direct.holds(path, data)
        except OSError as error:
            raise ServiceError(f"{path}: cannot be read back: {error.strerror}; check the disk") from error

    def _place(self, files: Mapping[Path, Content], move: Callable[[Path, Path], None]) -> bool:
        """Write and sync files, move them to their places, sync the folders there; false where something is there."""
        folders, attempts = {target.parent for target in files}, ATTEMPTS
        try:
            for folder in folders:
                _make(folder)
            while attempts:
                attempts -= 1
                try:
                    with _partial(self.path / PARTIAL, files.values()) as partial:
                        placed = [_move(move, *pair) for pair in zip(partial, files, strict=True)]
                    break
                except FileNotFoundError:
                    if not attempts:
                        raise
            for folder in folders:
                direct.sync(folder)
        except OSError as error:
            raise _explained(error, min(folders)) from error
        return all(placed)

    def keys(self, prefix: str) -> Iterator[Entry]:
        try:
            with os.scandir(self.path / prefix) as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):  # it has just gone
                        if entry.is_file():
                            stat = entry.stat()
                            yield Entry(f"{prefix}/{entry.name}", stat.st_size, stat.st_mtime)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(f"{self.path / prefix}: cannot be listed: {error.strerror}") from error

    def size(self) -> int:
        total = 0
        for path in self.path.rglob("*"):
            with suppress(FileNotFoundError):
                total += path.stat().st_size if path.is_file() else 0
        return total

    def free(self) -> int:
        there = self.path
        while not there.exists():
            there = there.parent
        return shutil.disk_usage(there).free

    def sweep_partial(self) -> None:
        shutil.rmtree(self.path / PARTIAL, ignore_errors=True)
        with suppress(OSError):  # it has a cube's description, or was never there
            (self.path / ROOM).rmdir()

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
    direct.sync(folder.parent)


@contextmanager
def _partial(home: Path, contents: Iterable[Content]) -> Iterator[list[Path]]:
    """Written and synced files that are not yet under their keys."""
    home.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    try:
        for data in contents:
            paths.append(home / uuid4().hex)
            direct.write(paths[-1], data)
        for path in paths:  # after all of them are written: the first sync does much of the others' work
            direct.sync(path)
        yield paths
    finally:
        for path in paths:
            with suppress(OSError):  # the folder went away, or its disk did: whoever finds the file may sweep it
                path.unlink(missing_ok=True)


def _move(move: Callable[[Path, Path], None], partial: Path, target: Path) -> bool:
    try:
        move(partial, target)
    except FileExistsError:
        return False
    return True


def _explained(error: OSError, home: Path) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return SpaceError(f"{home}: the disk is full; free space, then run the same command to go on")
    kind = ServiceError if error.errno in PASSING else StoreError
    return kind(f"{home}: cannot be written: {error.strerror}")
