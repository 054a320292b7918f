"""A Zarr store that never lets a missing result pass for a number."""

from hashlib import sha256
from typing import Any

from zarr.abc.store import ByteRequest
from zarr.abc.store import Store as ZarrStore
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import WrapperStore

from posse.kernels.errors import IncompleteError, StoreError
from posse.sweeps import codec, records
from posse.sweeps.description import Description
from posse.sweeps.store import Store


class GuardedStore(WrapperStore[ZarrStore]):
    """Reads of a cube's store; what has no record yet, is not there or is damaged raises.

    sealed: every block is recorded, no need to look.
    """

    def __init__(self, store: Store, description: Description, sealed: bool) -> None:
        super().__init__(store.zarr())
        self.store, self.description, self.sealed = store, description, sealed

    def _with_store(self, store: ZarrStore) -> "GuardedStore":
        return type(self)(self.store, self.description, self.sealed)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        number, frame = self._block(key), self.description.frame
        if number is not None and not self.sealed:
            self._require_record(number)
        found = await super().get(key, prototype, byte_range)
        if number is None and key not in frame:
            return found
        if found is None:
            raise StoreError(f"{self.store}: {key} is missing although it was written; the cube is damaged")
        if byte_range is None and not self._is_sound(found, frame.get(key)):
            raise StoreError(f"{self.store}: {key} is not as it was written; the cube is damaged")
        return found

    def _is_sound(self, found: Buffer, digest: str | None) -> bool:
        """By its hash, or, a chunk of results, by its own checksum."""
        if digest is None:
            return codec.is_sound(found.as_numpy_array())
        return sha256(found.to_bytes()).hexdigest() == digest

    def _require_record(self, number: int) -> None:
        record = records.read(self.store, number)
        if record is None:
            raise IncompleteError(
                f"{self.store}: block {number} of {len(self.description.blocks)} has not been solved yet; "
                "run the sweep again"
            )
        if record.sweep != self.description.identity:
            raise StoreError(f"{self.store}: block {number} was recorded by another sweep; the cube is damaged")

    def _block(self, key: str) -> int | None:
        """The block that a chunk of results belongs to; None for metadata and coordinates."""
        _, _, name = key.rpartition("/")
        if not name.startswith("c."):
            return None
        cell = [int(k) for k in name[2:].split(".")][-len(self.description.blocks.shape) :]
        number = 0
        for k, n in zip(cell, self.description.blocks.cells, strict=True):
            number = number * n + k
        return number
