"""A cube: the result of a sweep on disk, as Zarr that anyone can read.

    Cube.create(sweep, store)    begin one, or go on with the one that is there
    cube.missing()               blocks without a valid record
    cube.solve_block(number)     its chunks, packed, and their record
    cube.keep(solved)            write, read back, record
    cube.seal()                  when nothing is missing and every chunk is there

Order of writing, so that a kill at any moment loses at most the block in flight: the sweep's description,
the Zarr metadata and coordinates, the group's own metadata (from here on the cube opens), then for each
block its chunks and its record, then the seal.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from zarr.storage import MemoryStore

from posse.kernels.declaration import Output
from posse.kernels.errors import GameChangedError, IncompleteError, StoreError, TooLargeError
from posse.kernels.workspace import ThreadWorkspace, Workspace
from posse.sweeps import codec, labels, records, spec
from posse.sweeps.blocks import Blocks
from posse.sweeps.description import ALONG, Description
from posse.sweeps.memory import gigabytes
from posse.sweeps.store import Store, in_order, open_store
from posse.sweeps.sweep import Sweep


@dataclass(frozen=True)
class Solved:
    """A block ready for the disk: its packed chunks by key, and the record that will say that they are there."""

    chunks: dict[str, memoryview]
    record: records.Record


@dataclass(frozen=True)
class Cube:
    """A sweep and the store that its results go to."""

    sweep: Sweep
    store: Store
    description: Description

    @classmethod
    def create(cls, sweep: Sweep, store: str | Path | Store, grown: Mapping[str, str] | None = None) -> "Cube":
        """Begin a cube, or go on with the same sweep's.

        grown: of a part that a cube grows by, what its description says of that (posse.sweeps.growth).

        Raises StoreError where the store is something else or another sweep's, GameChangedError where it was
        made by another version of the game, TooLargeError where the disk has no room.
        """
        store = open_store(store)
        if Description.read(store) is None:
            if store.exists() and Description.read(store) is None:  # another run may have begun it just now
                raise StoreError(f"{store}: exists and is not a posse cube; choose another store")
            cls(sweep, store, Description.of(sweep, grown))._begin()
        there = read_description(store)
        there.require(sweep, store)
        cube = cls(sweep, store, there)
        cube.write_skeleton()
        return cube

    @classmethod
    def open(cls, store: str | Path | Store) -> "Cube":
        """The cube in a store, to go on with: its game has to be registered here, in the version that began it."""
        store = open_store(store)
        there = read_description(store)
        sweep = Sweep.from_spec(spec.parse(there.attributes["spec"], str(store)))
        there.require(sweep, store)
        return cls(sweep, store, there)

    @property
    def blocks(self) -> Blocks:
        return self.description.blocks

    # Beginning

    def _begin(self) -> None:
        self._require_room()
        frame = {key: sha256(data).hexdigest() for key, data in sorted(self.skeleton().items())}
        replace(self.description, frame=frame).write(self.store)

    def write_skeleton(self) -> None:
        """Metadata and coordinates; what is there already stays. The group comes last: with it the cube opens."""
        if self.store.get("zarr.json") is not None:
            return
        objects = {key: self.part(key) for key in self.description.frame}
        group = objects.pop("zarr.json")
        for key, data in objects.items():
            self.store.put_if_absent(key, data)
        self.store.put_if_absent("zarr.json", group)

    def part(self, key: str) -> bytes:
        """An object of the skeleton. Raises StoreError where it would not be what the cube was begun with."""
        data = self._skeleton.get(key, b"")
        if sha256(data).hexdigest() != self.description.frame[key]:
            raise StoreError(
                f"{self.store}: {key} comes out otherwise than when the cube was begun "
                f"({self.description.attributes['packages']}); use these versions, or another store"
            )
        return data

    @cached_property
    def _skeleton(self) -> dict[str, bytes]:
        return self.skeleton()

    def skeleton(self) -> dict[str, bytes]:
        """The cube without its results, by key."""
        memory: dict[str, Any] = {}
        store = MemoryStore(memory)
        group = zarr.create_group(store, zarr_format=3)
        for output in self.sweep.outputs:
            self._create_array(group, output)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Consolidated metadata", UserWarning)
            told = labels.coordinates(self.sweep, self.sweep.outputs, self.description.attributes.get(ALONG))
            coordinates = xr.Dataset(None, told, self.description.attributes)
            coordinates.to_zarr(store, mode="a", zarr_format=3, consolidated=False, write_empty_chunks=True)
            zarr.consolidate_metadata(store)
        return {key: buffer.to_bytes() for key, buffer in memory.items()}

    def _create_array(self, group: zarr.Group, output: Output) -> None:
        attributes = labels.output_attributes(output)
        own = (output.components,) if output.dimension else ()
        group.create_array(
            output.name,
            shape=own + self.blocks.shape,
            chunks=(1,) * len(own) + self.blocks.chunk,
            dtype=output.dtype(self.sweep.dtype),
            compressors=codec.METADATA,
            fill_value=output.not_computed,
            attributes={k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in attributes.items()},
            dimension_names=labels.dimensions(output, self.sweep.dims),
            chunk_key_encoding={"name": "default", "separator": "."},
        )

    def _require_room(self) -> None:
        """Refuse a cube that the disk cannot hold, judged by packing a few of its blocks."""
        free = self.store.free()
        if free is None or self.sweep.nbytes < free:
            return
        if self.sweep.nbytes > 1000 * free:  # nothing packs that well, and there may be more blocks than can be counted
            raise TooLargeError(
                f"{self.store}: the cube has {gigabytes(self.sweep.nbytes)} before packing, "
                f"but {gigabytes(free)} are free"
            )
        sample = np.linspace(0, len(self.blocks) - 1, 4).astype(int)
        packed = [sum(map(len, self.solve_block(int(number)).chunks.values())) for number in sample]
        needed = max(packed) * len(self.blocks)
        if needed > free:
            raise TooLargeError(
                f"{self.store}: the cube needs about {gigabytes(needed)} ({gigabytes(self.sweep.nbytes)} before "
                f"packing), but {gigabytes(free)} are free"
            )

    # Working

    def missing(self) -> list[int]:
        """Numbers of the blocks that have no record. A record of another sweep or source is refused."""
        there = records.recorded(self.store, len(self.blocks))
        done = {number for number, record in zip(there, in_order(self._record, there), strict=True) if record}
        return [number for number in range(len(self.blocks)) if number not in done]

    def is_recorded(self, number: int) -> bool:
        """Whether a block is done."""
        return self._record(number) is not None

    def _record(self, number: int) -> records.Record | None:
        record = records.read(self.store, number)
        if record and record.source == self._source and record.sweep != self.sweep.identity:
            raise StoreError(f"{self.store}: block {number} was recorded by another sweep; the cube is damaged")
        if record and record.source != self._source:
            raise GameChangedError(
                f"{self.store}: block {number} was recorded by another version of {self.sweep.game.name} "
                f"(source {record.source[:12]}, here {self._source[:12]}); choose another store"
            )
        return record

    def warm_up(self) -> None:
        """Solve a block and pack a few numbers for nothing, so that all code is compiled."""
        self.sweep.solve(self.blocks.whole_cell(0), workspace=Workspace())  # whose memory goes back at once
        for output in self.sweep.outputs:
            codec.encode(np.zeros(1, output.dtype(self.sweep.dtype)))

    def solve_block(self, number: int, workspace: Workspace | None = None) -> "Solved":
        """A block's packed chunks, which lie in this workspace until another block is solved into it."""
        solved = self.sweep.solve(self.blocks.whole_cell(number), workspace=self._results)
        parts = [(output, k, part) for output in self.sweep.outputs for k, part in enumerate(solved[output.name])]
        most = sum(codec.paged(codec.most(part.nbytes)) for *_, part in parts)
        room = (workspace or Workspace()).array("chunks", (most,), np.uint8)
        chunks = {}
        for output, k, part in parts:
            chunk = codec.encode(part, room)
            room = room[codec.paged(len(chunk)) :]  # each begins on a page, as disks want it
            chunks[self.chunk_key(output, k, number)] = chunk
        return Solved(chunks, records.Record.of(number, self.sweep.identity, self._source, chunks))

    def chunk_key(self, output: Output, component: int, number: int) -> str:
        """Where the chunk of a block lies, as the Zarr metadata says."""
        place = [component] if output.dimension else []
        return f"{output.name}/c.{'.'.join(map(str, [*place, *self.blocks.cell(number)]))}"

    def keep(self, solved: "Solved") -> None:
        """Write a block's chunks, read them back, record the block; one that is recorded stays as it is."""
        if not self._record(solved.record.block):
            self.store.put(solved.chunks)
            records.write(self.store, solved.record)

    @cached_property
    def _results(self) -> Workspace:
        return ThreadWorkspace()

    @cached_property
    def _source(self) -> str:
        return self.sweep.game.source_hash

    # Finishing

    def seal(self) -> None:
        """Declare the cube whole, after a look at every record and the length of every chunk."""
        if is_sealed(self.store):
            self.store.sweep_partial()
            return
        lengths = {e.key: e.size for output in self.sweep.outputs for e in self.store.keys(output.name)}
        seal = records.Seal()
        for number, record in enumerate(in_order(self._record, range(len(self.blocks)))):
            if record is None:
                raise IncompleteError(f"{self.store}: block {number} has no record; run the sweep again")
            for key, (length, _) in record.chunks.items():
                if lengths.get(key) != length:
                    raise StoreError(
                        f"{self.store}: {key} is recorded with {length} bytes, has {lengths.get(key)}; "
                        "posse verify --repair writes it again"
                    )
            seal.add(record)
        self.store.put_if_absent(records.SEAL, seal.to_json())
        self.store.sweep_partial()


def read_description(store: str | Path | Store) -> Description:
    """What the cube in a store says of itself; StoreError where there is none."""
    store = open_store(store)
    there = Description.read(store)
    if there is None:
        raise StoreError(f"{store}: {'is not a posse cube' if store.exists() else 'does not exist'}")
    return there


def is_sealed(store: Store) -> bool:
    """Whether a cube has been declared whole."""
    return store.get(records.SEAL) is not None
