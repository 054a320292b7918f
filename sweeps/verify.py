"""Whether a cube is what was written: every byte read again and compared with the records.

damages(store)       what is not as it was written
mend(cube, damage)   write it again; the bits are the same, or it is refused
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from posse.kernels.errors import StoreError
from posse.sweeps import records
from posse.sweeps.cube import Cube, is_sealed, read_description
from posse.sweeps.store import Store, in_order


@dataclass(frozen=True)
class Damage:
    """An object that is not as it was written, and how it is; block: None for what belongs to the cube as a whole."""

    key: str
    what: str
    block: int | None = None

    def __str__(self) -> str:
        return f"{self.key}: {self.what}"


def damages(store: Store, advance: Callable[[int], None] = lambda blocks: None) -> Iterator[Damage]:
    """Look at every block that is recorded. advance: told the number of blocks done. The game need not be installed."""
    sealed = is_sealed(store)  # then every block has a record
    numbers = range(len(read_description(store).blocks)) if sealed else records.recorded(store)
    for found in in_order(partial(_of_block, store), numbers):
        yield from found
        advance(1)


def of_frame(cube: Cube) -> Iterator[Damage]:
    """Look at the metadata and coordinates, which this version of posse and its packages would write again."""
    for key, data in cube.skeleton().items():
        there = cube.store.get(key)
        if there != data:
            yield Damage(key, "is missing" if there is None else "is not what was written")


def _of_block(store: Store, number: int) -> list[Damage]:
    try:
        record = records.read(store, number)
    except StoreError:
        return [Damage(records.key(number), "is damaged", number)]
    if record is None:
        return [Damage(records.key(number), "is missing", number)]
    found = []
    for key, (length, digest) in record.chunks.items():
        what = _compared(store.get(key), length, digest)
        if what:
            found.append(Damage(key, what, number))
    return found


def _compared(chunk: bytes | None, length: int, digest: str) -> str:
    """What is wrong with a chunk; empty where nothing is."""
    if chunk is None:
        return "is missing"
    if len(chunk) != length:
        return f"has {len(chunk)} bytes, {length} were written"
    return "" if sha256(chunk).hexdigest() == digest else "has other bytes than were written"


def mend(cube: Cube, damage: Damage) -> None:
    """Write an object again. Raises StoreError where the cube's own record speaks against the result."""
    if damage.block is None:
        cube.store.put({damage.key: cube.skeleton()[damage.key]})
        return
    solved = cube.solve_block(damage.block)
    if damage.key == records.key(damage.block):
        cube.store.put(solved.chunks)
        cube.store.put({damage.key: solved.record.to_json()})
        return
    record = records.read(cube.store, damage.block)
    if record is None or record.chunks[damage.key] != solved.record.chunks[damage.key]:
        raise StoreError(f"{cube.store}: block {damage.block} comes out otherwise than it was recorded; not repaired")
    cube.store.put({damage.key: solved.chunks[damage.key]})
