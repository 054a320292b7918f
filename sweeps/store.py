"""Where the objects of a cube live: bytes by key, in a folder or in a bucket.

    open_store("/data/atlas.zarr")        a Folder (posse.sweeps.folder): a local or shared file system
    open_store("s3://bucket/atlas.zarr")  a Bucket (posse.sweeps.bucket): an object store that speaks S3

Both keep what they were given: what `put` has returned from is there, whole, and was read back and compared; of several
that put the same key if it is absent, one wins. Nothing here deletes what a reader could see.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import NamedTuple, Protocol, TypeVar

from zarr.abc.store import Store as ZarrStore

from posse.kernels.errors import InputError
from posse.sweeps.direct import Content

Item = TypeVar("Item")
Result = TypeVar("Result")

ROOM = ".posse"  # what posse keeps beside the Zarr arrays
AT_ONCE = 16  # objects that are read at once
QUICK = 0.0002  # seconds: a task that takes no longer is not worth a thread
PATIENCE = 0.01  # seconds beyond that, all in all, that tasks may take before they are taken for slow


class Entry(NamedTuple):
    """An object in a listing: bytes of it, and when it was written, in seconds since 1970 by the store's clock."""

    key: str
    size: int
    when: float


class Store(Protocol):
    """Objects by key. Its text is what the user called it, without what must not be seen."""

    def below(self, name: str) -> "Store":
        """The store of which the objects lie below a prefix of this one."""

    def exists(self) -> bool:
        """Whether anything is there, but for what a killed writer left behind."""

    def get(self, key: str) -> bytes | None:
        """The object of this key, None if there is none."""

    def put(self, objects: Mapping[str, Content]) -> None:
        """Write objects by key, replacing those that are there."""

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Write an object unless there is one of that key; tells whether it did."""

    def keys(self, prefix: str) -> Iterator[Entry]:
        """What lies directly below a prefix, in no order."""

    def size(self) -> int:
        """Bytes of all objects."""

    def free(self) -> int | None:
        """Bytes that can still be written, None where there is no telling."""

    def sweep_partial(self) -> None:
        """Remove what killed writers have left; a writer that still lives writes it again."""

    def zarr(self) -> ZarrStore:
        """The same for zarr, to read."""


def open_store(where: "str | Path | Store") -> Store:
    """The store at a path or address; nothing is read or written."""
    if not isinstance(where, str | Path):
        return where
    scheme, separator, rest = str(where).partition("://")
    if not separator:
        from posse.sweeps.folder import Folder

        return Folder(where)
    if scheme != "s3":
        raise InputError(f"{_shown(scheme, rest)}: is neither a folder nor of the form s3://bucket/path")
    from posse.sweeps.bucket import Bucket

    return Bucket(str(where))


def in_order(
    task: Callable[[Item], Result], items: Iterable[Item], at_once: int = AT_ONCE, patience: float = PATIENCE
) -> Iterator[Result]:
    """A task's result for each item, in order, some of them under way at once: in a bucket each is a request.

    patience: seconds; until they have taken so much longer than QUICK each, they run one by one in this thread, as
        what a disk has at hand should.
    """
    waiting, left = iter(items), patience
    for item in waiting if patience else ():
        started = perf_counter()
        result = task(item)
        left = min(patience, left + QUICK - (perf_counter() - started))
        yield result
        if left < 0:
            break
    with ThreadPoolExecutor(at_once, "posse-store") as pool:
        under_way: deque[Future[Result]] = deque()
        while True:
            under_way.extend(pool.submit(task, item) for item in islice(waiting, 2 * at_once - len(under_way)))
            if not under_way:
                return
            yield under_way.popleft().result()


def _shown(scheme: str, rest: str) -> str:
    """An address without a password that stands in it."""
    return f"{scheme}://{rest.rpartition('@')[2]}"
