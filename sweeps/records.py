"""What the store says has been done: one immutable record for each finished block.

The presence of a chunk proves nothing: a chunk can be torn, or stem from other code. A record is written
after the block's chunks are on the disk and were read back; it names each with its length and SHA-256.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from posse.kernels.errors import StoreError
from posse.sweeps.direct import Content
from posse.sweeps.store import ROOM, Entry, Store
from posse.sweeps.sworn import heard, swear

RECORDS = f"{ROOM}/records"
FAILED = f"{ROOM}/failed"
SEAL = f"{ROOM}/seal.json"


@dataclass(frozen=True)
class Record:
    """block: its number; sweep: identity of the sweep; chunks: (length, SHA-256) by key."""

    block: int
    sweep: str
    source: str
    chunks: dict[str, tuple[int, str]]

    @classmethod
    def of(cls, block: int, sweep: str, source: str, chunks: Mapping[str, Content]) -> "Record":
        return cls(block, sweep, source, {k: (len(c), sha256(c).hexdigest()) for k, c in chunks.items()})

    def to_json(self) -> bytes:
        return swear(vars(self))


class Seal:
    """What declares a cube whole: the sum of its records, which are added in order."""

    def __init__(self) -> None:
        self.blocks = self.bytes = 0
        self._digest = sha256()

    def add(self, record: Record) -> None:
        self.blocks += 1
        for name, (length, digest) in record.chunks.items():
            self.bytes += length
            self._digest.update(f"{name} {length} {digest}\n".encode())

    def to_json(self) -> bytes:
        return swear({"blocks": self.blocks, "bytes": self.bytes, "records": self._digest.hexdigest()})


def key(block: int) -> str:
    """Where the record of a block lies."""
    return f"{RECORDS}/{block:010d}.json"


def write(store: Store, record: Record) -> None:
    """Put a record down; a second one of the same block must say the same."""
    if not store.put_if_absent(key(record.block), record.to_json()):
        earlier = read(store, record.block)
        if earlier is None or earlier.chunks != record.chunks:
            raise StoreError(f"{store}: block {record.block} was solved twice, with different results")


def read(store: Store, block: int) -> Record | None:
    """The record of a block, None if there is none."""
    data = store.get(key(block))
    if data is None:
        return None
    try:
        fields = heard(data)
        chunks = {name: (int(length), str(digest)) for name, (length, digest) in fields.pop("chunks").items()}
        record = Record(chunks=chunks, **fields)
        if record.block != block:
            raise ValueError(f"it is of block {record.block}")
        return record
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreError(f"{store}: the record of block {block} is damaged: {error}") from error


def recorded(store: Store, blocks: int) -> list[int]:
    """Numbers of the blocks, of so many, that have a record, in order."""
    return sorted(times(store, blocks))


def times(store: Store, blocks: int) -> dict[int, float]:
    """When each block was recorded, in seconds since 1970 by the store's clock."""
    return {number: entry.when for number, entry in _entries(store, RECORDS) if number < blocks}


def _entries(store: Store, prefix: str) -> Iterator[tuple[int, Entry]]:
    """What lies below a prefix and is called after a block."""
    return ((number, entry) for entry in store.keys(prefix) if (number := _number(entry.key)) is not None)


def _number(key: str) -> int | None:
    name = key.rsplit("/", 1)[1].removesuffix(".json")
    return int(name) if name.isdecimal() else None


def write_failure(store: Store, block: int, reason: str) -> None:
    """Note that a block could not be solved, and why; a later record of it counts for more."""
    store.put({f"{FAILED}/{block:010d}.json": swear({"block": block, "reason": reason})})


def failures(store: Store, blocks: int) -> dict[int, str]:
    """Why each block that has no record could not be solved."""
    noted = {number: entry.key for number, entry in _entries(store, FAILED) if number < blocks}
    left = sorted(noted.keys() - times(store, blocks).keys()) if noted else []
    return {number: _reason(store.get(noted[number])) for number in left}


def _reason(note: bytes | None) -> str:
    try:
        return str(heard(note or b"")["reason"])
    except (ValueError, KeyError):
        return "unknown, for the note of it is damaged"
