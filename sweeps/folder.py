"""A store in a local or shared file system.

An object appears under its name whole or not at all, and is on the disk when `put` returns. What a killed writer leaves
behind lies under `PARTIAL`.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
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
        self._place(objects, os.replace)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        return self._place({key: data}, _link)

    def _place(self, objects: Mapping[str, Content], move: Callable[[str, str], bool | None]) -> bool:
        """Write objects, see them onto the disk, move them to their places there; false where something is there."""
        files = {f"{self.path}/{key}": data for key, data in objects.items()}  # text, for paths take longer
        folders = {self.path / name for name in {key.rpartition("/")[0] for key in objects}}
        try:
            for folder in folders:
                _make(folder)
            placed = self._moved(files, move)
            for folder in folders:
                direct.sync(folder)
        except OSError as error:
            raise _explained(error, min(folders)) from error
        return placed

    def _moved(
        self, files: Mapping[str, Content], move: Callable[[str, str], bool | None], attempts: int = ATTEMPTS
    ) -> bool:
        """Write files and move them to their places, again where another run sweeps away what is not there yet."""
        try:
            with _partial(f"{self.path}/{PARTIAL}", files) as partial:
                placed = [move(*pair) is not False for pair in zip(partial, files, strict=True)]
            return all(placed)
        except FileNotFoundError:
            if attempts == 1:
                raise
            with suppress(FileNotFoundError, FileExistsError):  # another run sweeps it away just now
                (self.path / PARTIAL).mkdir(parents=True, exist_ok=True)
        return self._moved(files, move, attempts - 1)

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
def _partial(home: str, files: Mapping[str, Content]) -> Iterator[list[str]]:
    """Files that are on the disk, were read back, and are not yet in their places."""
    token = uuid4().hex
    paths = [f"{home}/{token}.{k}" for k in range(len(files))]
    try:
        for path, data in zip(paths, files.values(), strict=True):
            direct.write(path, data)
        for path, (target, data) in zip(paths, files.items(), strict=True):
            _require_kept(path, target, data)  # after all are written: the first sync does much of the others' work
        yield paths
    except BaseException:
        for path in paths:
            _forget(path)
        raise


def _require_kept(path: str, target: str, data: Content) -> None:
    try:
        kept = direct.keeps(path, data)
    except direct.ReadBackError as error:
        raise ServiceError(f"{target}: cannot be read back: {error.strerror}; check the disk") from error
    if not kept:
        raise ServiceError(f"{target}: reads back otherwise than it was written; check the disk")


def _link(partial: str, target: str) -> bool:
    """Give a file its name where there is none of it."""
    try:
        os.link(partial, target)
    except FileExistsError:
        return False
    finally:
        _forget(partial)
    return True


def _forget(partial: str) -> None:
    with suppress(OSError):  # the folder went away, or its disk did: whoever finds the file may sweep it
        Path(partial).unlink(missing_ok=True)


def _explained(error: OSError, home: Path) -> Exception:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return SpaceError(f"{home}: the disk is full; free space, then run the same command to go on")
    kind = ServiceError if error.errno in PASSING else StoreError
    return kind(f"{home}: cannot be written: {error.strerror}")
