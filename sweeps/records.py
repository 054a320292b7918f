"""What the store says has been done: one immutable record for each finished block.

The presence of a chunk proves nothing: a chunk can be torn, or stem from other code. A record is written
after the block's chunks are on the disk and were read back; it names each with its length and SHA-256.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256

from posse.kernels.errors import StoreError
from posse.sweeps.direct import Content
from posse.sweeps.folder import Folder

RECORDS = ".posse/records"


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


def _key(block: int) -> str:
    return f"{RECORDS}/{block:010d}.json"


def write(folder: Folder, record: Record) -> None:
    """Put a record down; a second one of the same block must say the same."""
    data = json.dumps(asdict(record), separators=(",", ":")).encode()
    if not folder.put_if_absent(_key(record.block), data):
        earlier = read(folder, record.block)
        if earlier is None or earlier.chunks != record.chunks:
            raise StoreError(f"{folder}: block {record.block} was solved twice, with different results")


def read(folder: Folder, block: int) -> Record | None:
    """The record of a block, None if there is none."""
    data = folder.get(_key(block))
    if data is None:
        return None
    try:
        fields = json.loads(data)
        chunks = {key: (int(length), str(digest)) for key, (length, digest) in fields.pop("chunks").items()}
        record = Record(chunks=chunks, **fields)
        if record.block != block:
            raise ValueError(f"it is of block {record.block}")
        return record
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreError(f"{folder}: the record of block {block} is damaged: {error}") from error


def recorded(folder: Folder) -> list[int]:
    """Numbers of the blocks that have a record, in order."""
    names = (key.rsplit("/", 1)[1].removesuffix(".json") for key, _ in folder.keys(RECORDS))
    return sorted(int(name) for name in names if name.isdecimal())
