"""Whether a cube is what was written: every byte read again and compared with the records.

damages(store)       what is not as it was written
mend(cube, damages)  write them again; the bits are the same, or it is refused
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from posse.kernels.errors import StoreError
from posse.sweeps import records
from posse.sweeps.cube import Cube, Solved, read_description
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
    """Look at every block that is recorded, then at the rest. The game need not be installed.

    advance: told the number of blocks done.
    """
    there, sealed = read_description(store), store.get(records.SEAL)
    blocks = len(there.blocks)
    numbers = range(blocks) if sealed else records.recorded(store, blocks)  # a sealed cube has them all
    seal, sound = records.Seal(), True
    for record, found in in_order(partial(_of_block, store, there.identity), numbers):
        yield from found
        if record:
            seal.add(record)
        sound = sound and record is not None
        advance(1)
    if sealed and sound and sealed != seal.to_json():
        yield Damage(records.SEAL, "is not the sum of the records")
    yield from _of_frame(store, there.frame)


def _of_frame(store: Store, frame: Mapping[str, str]) -> Iterator[Damage]:
    """Metadata and coordinates."""
    for key, digest in frame.items():
        data = store.get(key)
        if data is None:
            yield Damage(key, "is missing")
        elif sha256(data).hexdigest() != digest:
            yield Damage(key, "has other bytes than were written")


def _of_block(store: Store, identity: str, number: int) -> tuple[records.Record | None, list[Damage]]:
    """The record of a block, if it is sound, and what is not as that says."""
    key = records.key(number)
    try:
        record = records.read(store, number)
    except StoreError:
        return None, [Damage(key, "is damaged", number)]
    if record is None:
        return None, [Damage(key, "is missing", number)]
    if record.sweep != identity:
        return None, [Damage(key, "is of another sweep", number)]
    found = []
    for chunk, (length, digest) in record.chunks.items():
        what = _compared(store.get(chunk), length, digest)
        if what:
            found.append(Damage(chunk, what, number))
    return record, found


def _compared(chunk: bytes | None, length: int, digest: str) -> str:
    """What is wrong with a chunk; empty where nothing is."""
    if chunk is None:
        return "is missing"
    if len(chunk) != length:
        return f"has {len(chunk)} bytes, {length} were written"
    return "" if sha256(chunk).hexdigest() == digest else "has other bytes than were written"


def mend(cube: Cube, damages: Sequence[Damage]) -> None:
    """Write again what is damaged. Raises StoreError where the cube's own records speak against the result of some."""
    refused = []
    for damage in damages:
        try:
            _mend(cube, damage)
        except StoreError as error:
            refused.append(error)
    if refused:
        raise StoreError(f"{refused[0]} ({len(refused)} of {len(damages)} damaged objects)") from refused[0]


def _mend(cube: Cube, damage: Damage) -> None:
    if damage.key == records.SEAL:
        _mend_seal(cube)
    elif damage.block is None:
        cube.store.put({damage.key: cube.part(damage.key)})
    else:
        solved = cube.solve_block(damage.block)
        if damage.key == records.key(damage.block):
            cube.store.put(solved.chunks)
            cube.store.put({damage.key: solved.record.to_json()})
        else:
            _require_recorded(cube, solved, damage.key)
            cube.store.put({damage.key: solved.chunks[damage.key]})


def _mend_seal(cube: Cube) -> None:
    """Only if every block still comes out as it is recorded; else it may be a record that is wrong."""
    seal = records.Seal()
    for number in range(len(cube.blocks)):
        solved = cube.solve_block(number)
        for key in solved.chunks:
            _require_recorded(cube, solved, key)
        seal.add(solved.record)
    cube.store.put({records.SEAL: seal.to_json()})


def _require_recorded(cube: Cube, solved: Solved, key: str) -> None:
    number = solved.record.block
    record = records.read(cube.store, number)
    if record is None or record.chunks.get(key) != solved.record.chunks[key]:
        raise StoreError(f"{cube.store}: block {number} comes out otherwise than it was recorded; not repaired")
