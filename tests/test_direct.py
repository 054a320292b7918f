"""Files past the page cache: the bytes that the system's own reading finds, with direct access and without."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from posse.kernels.errors import StoreError
from posse.kernels.workspace import PAGE, Workspace
from posse.sweeps import direct
from posse.sweeps.folder import PARTIAL, Folder
from posse.sweeps.store import ROOM

SIZES = [0, 1, PAGE, direct.LEAST - 1, direct.LEAST, direct.LEAST + 1, direct.PIECE, direct.PIECE + PAGE + 7]


def content(size: int, offset: int = 0) -> memoryview:
    """Random bytes that begin so far behind a page."""
    whole = Workspace().array("content", (offset + size,), np.uint8)
    whole[:] = np.random.default_rng(size).integers(0, 256, offset + size)
    return whole[offset:].data


def refuse(monkeypatch: pytest.MonkeyPatch, name: str, error: int, when: Callable[..., bool]) -> list[Any]:
    """Let a function of the system fail with an error; what it was called with, each time it did."""
    genuine, refused = getattr(os, name), []

    def call(*arguments: Any) -> Any:
        if when(*arguments):
            refused.append(arguments)
            raise OSError(error, os.strerror(error))
        return genuine(*arguments)

    monkeypatch.setattr(os, name, call)
    return refused


@pytest.fixture
def direct_access(tmp_path: Path) -> None:
    """Asked of the system itself, so that code which no longer goes past the page cache is not passed over."""
    (tmp_path / "probe").touch()
    try:
        os.close(os.open(tmp_path / "probe", os.O_RDONLY | os.O_DIRECT))
    except (AttributeError, OSError) as error:
        pytest.skip(f"no direct access to files in {tmp_path}: {error}")


@pytest.mark.parametrize("offset", [0, 16], ids=["on a page", "off a page"])
@pytest.mark.parametrize("size", SIZES)
def test_a_file_is_what_was_written(tmp_path: Path, size: int, offset: int) -> None:
    data = content(size, offset)
    direct.write(tmp_path / "file", data)
    assert (tmp_path / "file").read_bytes() == data
    assert direct.keeps(tmp_path / "file", data)


@pytest.mark.parametrize("size", [s for s in SIZES if s])
def test_a_file_that_differs_in_a_bit_or_in_length_is_told(tmp_path: Path, size: int) -> None:
    data = content(size)
    for place in {0, size // 2, size - 1}:
        other = bytearray(data)
        other[place] ^= 1
        (tmp_path / "file").write_bytes(other)
        assert not direct.keeps(tmp_path / "file", data)
    for other in (bytes(data[:-1]), bytes(data) + b"x", bytes(data) + bytes(PAGE), b""):
        (tmp_path / "file").write_bytes(other)
        assert not direct.keeps(tmp_path / "file", data)


@pytest.mark.usefixtures("direct_access")
@pytest.mark.parametrize("name", ["open", "write"])
def test_a_file_system_without_direct_access(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Some refuse to open, as tmpfs did, others to write."""
    when: dict[str, Callable[..., bool]] = {
        "open": lambda path, flags, *mode: bool(flags & direct.DIRECT),
        "write": lambda file, data: direct._is_direct(file),
    }
    refused = refuse(monkeypatch, name, errno.EINVAL, when[name])
    data = content(direct.PIECE + 5)
    direct.write(tmp_path / "file", data)
    assert refused
    assert (tmp_path / "file").read_bytes() == data
    assert direct.keeps(tmp_path / "file", data)


def test_another_reason_not_to_open_is_no_lack_of_direct_access(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"of another run")
    with pytest.raises(FileExistsError):
        direct.write(tmp_path / "file", content(direct.LEAST))
    assert (tmp_path / "file").read_bytes() == b"of another run"
    refused = refuse(monkeypatch, "open", errno.EMFILE, lambda path, *rest: str(path).endswith("new"))
    with pytest.raises(OSError, match="Too many open files"):
        direct.write(tmp_path / "new", content(direct.LEAST))
    assert len(refused) == 1


def test_a_disk_that_cannot_be_read_back_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "preadv", errno.EIO, lambda *arguments: True)
    with pytest.raises(StoreError, match=f"{tmp_path}/c.0: cannot be read back: Input/output error; check the disk"):
        Folder(tmp_path).put({"c.0": content(direct.LEAST)})


def flip(monkeypatch: pytest.MonkeyPatch, which: int) -> None:
    """Let a bit come back otherwise from the disk: in this piece of those that are read, from 0, and in all later."""
    genuine, before = os.preadv, [False] * which

    def read(file: int, buffers: list[memoryview], offset: int) -> int:
        found = genuine(file, buffers, offset)
        if not before:
            buffers[0][0] ^= 1
        before[:1] = []
        return found

    monkeypatch.setattr(os, "preadv", read)


@pytest.mark.parametrize("size", [5, direct.LEAST])
@pytest.mark.parametrize("damaged", [0, 1])
def test_what_does_not_come_back_from_the_disk_takes_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, damaged: int
) -> None:
    """Nor do others that were written with it; what was there before stays, and nothing is left behind."""
    store, earlier = Folder(tmp_path), {"a/c.0": b"earlier", "a/c.1": b"as well"}
    later = {key: content(size) for key in earlier}
    store.put(earlier)
    with monkeypatch.context() as patch:
        flip(patch, damaged)
        with pytest.raises(StoreError, match=f"{tmp_path}/a/c.{damaged}: reads back otherwise than it was written"):
            store.put(later)
        with pytest.raises(StoreError, match=f"{tmp_path}/a/c.2: reads back otherwise than it was written"):
            store.put_if_absent("a/c.2", bytes(content(size)))
    assert {f"a/{p.name}": p.read_bytes() for p in (tmp_path / "a").iterdir()} == earlier
    assert list((tmp_path / PARTIAL).iterdir()) == []
    store.put(later)
    assert {key: store.get(key) for key in later} == later


@pytest.mark.parametrize("described", [True, False], ids=["a cube", "no cube"])
@pytest.mark.parametrize("name", ["mkdir", "open", "fsync", "replace", "link"])
def test_a_sweep_at_any_moment_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, described: bool
) -> None:
    """Another run that has just finished the cube clears away what lies in `PARTIAL`, and the folder with it."""
    genuine, calls = getattr(os, name), 0
    for moment in range(1, 20):
        store = Folder(tmp_path / str(moment))
        store.put({f"{ROOM}/sweep.json": b"{}"} if described else {})
        calls = 0

        def call(*arguments: Any, moment: int = moment, store: Folder = store, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == moment:
                store.sweep_partial()
            found = genuine(*arguments, **named)
            if calls == moment:
                store.sweep_partial()
            return found

        with monkeypatch.context() as patch:
            patch.setattr(os, name, call)
            store.put({"a/c.0": content(direct.LEAST), "zarr.json": b"group"})
            assert store.put_if_absent("a/c.1", b"another")
        assert [store.get(key) for key in ("a/c.0", "zarr.json", "a/c.1")] == [
            content(direct.LEAST), b"group", b"another",
        ]  # fmt: skip
        assert list(tmp_path.glob(f"{moment}/{PARTIAL}/*")) == []
        if calls < moment:
            break
    assert calls > 0
