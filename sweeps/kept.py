"""Regions in a Zarr store: one group, which plain xarray reads, in a store of its own or beside a cube.

    write(found, store, group, overwrite)
    read(Regions, store, group, game) -> Regions

The group says first that regions are being written, and last what they are, with the SHA-256 of every object:
what was not written to its end, or is not as it was written, does not open.
"""

import json
import re
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import xarray as xr
import zarr
from zarr.core.buffer import default_buffer_prototype
from zarr.storage import MemoryStore

from posse.kernels.catalogue import game as find_game
from posse.kernels.declaration import Game
from posse.kernels.errors import GameChangedError, IncompleteError, InputError, StoreError, in_words
from posse.kernels.subdivision import Leaves
from posse.sweeps import codec, labels
from posse.sweeps.box import Side
from posse.sweeps.store import Store, in_order, open_store
from posse.sweeps.sweep import NAME, NO_NAME
from posse.sweeps.sworn import heard, swear

if TYPE_CHECKING:
    from posse.sweeps.regions import Regions

Kind = TypeVar("Kind", bound="Regions")

GROUP = "zarr.json"
KIND, BEGUN, WHOLE = "posse", "regions, being written", "regions"
FRAME = "objects"
ROWS = 1 << 20  # pieces in a chunk
TAKEN = "grown"  # by what a cube has grown by


def write(found: "Regions", store: str | Path | Store, group: str, overwrite: bool) -> None:
    """Save regions; see `Regions.to_zarr`."""
    home = _home(store, group)
    _require_free(home, overwrite)
    objects = _objects(_dataset(found))
    metadata = objects.pop(GROUP)
    begun = _with_attributes(_objects(xr.Dataset())[GROUP], {KIND: BEGUN})
    if overwrite:
        home.put({GROUP: begun})
    elif not home.put_if_absent(GROUP, begun):
        raise StoreError(f"{home}: something else is being written there; choose another store or group")
    home.put(objects)
    frame = {key: sha256(data).hexdigest() for key, data in objects.items()}
    home.put({GROUP: _with_attributes(metadata, _attributes(found) | {FRAME: frame})})
    home.sweep_partial()


def _with_attributes(metadata: bytes, attributes: Mapping[str, Any]) -> bytes:
    """The metadata of a group, with attributes that are hashed too."""
    return json.dumps(json.loads(metadata) | {"attributes": json.loads(swear(attributes))}).encode()


def _home(store: str | Path | Store, group: str) -> Store:
    """Where a group lies. Raises InputError where it is none, StoreError where an array is in its way."""
    home, names = open_store(store), group.split("/") if group else []
    if TAKEN in names[:1]:
        raise InputError(f"group: {group!r} is not allowed; below {TAKEN} lies what a cube has grown by")
    for name in names:
        if not re.fullmatch(NAME, name):
            raise InputError(f"group: {group!r} is not allowed; {name!r} {NO_NAME}")
    for name in names:
        if _metadata(home).get("node_type") == "array":
            raise StoreError(f"{home}: is an array, and nothing goes below it; choose another group")
        home = home.below(name)
    return home


def _require_free(home: Store, overwrite: bool) -> None:
    there = _metadata(home).get("attributes", {}).get(KIND)
    if there is None and home.exists():
        raise StoreError(f"{home}: exists and is not regions; choose another store, or a group in it")
    if there is not None and not overwrite:
        state = "has regions already" if there == WHOLE else "has regions that were not written to their end"
        raise StoreError(f"{home}: {state}; overwrite=True replaces them")


def _metadata(home: Store) -> dict[str, Any]:
    """What Zarr says of a node; nothing where there is none."""
    data = home.get(GROUP)
    if data is None:
        return {}
    try:
        return dict(json.loads(data))
    except (ValueError, TypeError) as error:
        raise StoreError(f"{home}: its {GROUP} is damaged: {in_words(error)}") from error


def _objects(ds: xr.Dataset) -> dict[str, bytes]:
    """A Dataset as the objects of a Zarr group, by key."""
    memory: dict[str, Any] = {}
    store = MemoryStore(memory)
    packed: dict[str, dict[str, Any]] = {}
    for name, variable in ds.variables.items():
        if variable.dtype.kind in "iuf":
            chunks = tuple(max(1, min(ROWS, n)) for n in variable.shape)
            packed[str(name)] = {"compressors": codec.METADATA, "chunks": chunks, "_FillValue": None}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Consolidated metadata", UserWarning)
        ds.to_zarr(store, zarr_format=3, consolidated=False, write_empty_chunks=True, encoding=packed)
        zarr.consolidate_metadata(store)
    return {key: buffer.to_bytes() for key, buffer in memory.items()}


def _dataset(found: "Regions") -> xr.Dataset:
    """Regions as labelled data."""
    parameters, sides = [found.game.parameter(name) for name in found.sides], list(found.sides.values())
    corners, share = ("leaf", "parameter"), {"units": "1"}
    codes = {
        "long_name": f"what may occur: {found.output.long_name}",
        "flag_masks": np.array([1 << k for k in range(len(found.values))], np.uint64),
        "flag_meanings": " ".join(flag.name for flag in found.output.all_flags),
    }
    halved = {"long_name": "how often the box was halved: this is 2 to the minus that of it"}
    return xr.Dataset(
        {
            "low": (corners, found.leaves.low, share | {"long_name": "lower corner, in shares of the sides"}),
            "high": (corners, found.leaves.high, share | {"long_name": "upper corner, in shares of the sides"}),
            "codes": ("leaf", found.leaves.codes, codes),
            "halvings": ("leaf", found.leaves.halvings, share | halved),
        },
        {
            "parameter": _texts([p.name for p in parameters], "sides of the box"),
            "units": _texts([p.units for p in parameters], "units of the ends of the side"),
            "spacing": _texts(["log" if s.is_log else "linear" for s in sides], "log: shares are even in ratios"),
            "box_low": ("parameter", [s.low for s in sides], {"long_name": "lower end of the side, in its units"}),
            "box_high": ("parameter", [s.high for s in sides], {"long_name": "upper end of the side, in its units"}),
        },
    )


def _attributes(found: "Regions") -> dict[str, Any]:
    """What regions say of themselves, but for the hashes."""
    made = datetime.now(UTC).isoformat(timespec="seconds")
    return labels.game_attributes(found.game) | {
        KIND: WHOLE,
        "history": f"{made} created by posse {labels.version('posse')}",
        "fixed": dict(found.fixed),
        "tolerance": found.tolerance,
        "asked": int(found.leaves.asked),
    }


def _texts(words: list[str], long_name: str) -> tuple[str, Any, dict[str, str]]:
    return "parameter", np.array(words, dtype=np.dtypes.StringDType()), {"long_name": long_name}


def read(kind: type[Kind], store: str | Path | Store, group: str, game: str | Game | None) -> Kind:
    """Regions that were saved; see `posse.open_regions`."""
    home = _home(store, group)
    told = _metadata(home).get("attributes", {})
    _require_regions(home, told)
    chosen = game if isinstance(game, Game) else find_game(game or told["game"])
    _require_game(home, told, chosen)
    ds = _sound(home, told[FRAME])
    ends = zip(ds.parameter.values, ds.box_low.values, ds.box_high.values, ds.spacing.values == "log", strict=True)
    sides = {str(name): Side(float(low), float(high), bool(is_log)) for name, low, high, is_log in ends}
    leaves = Leaves(ds.low.values, ds.high.values, ds.codes.values, ds.halvings.values, told["asked"])
    return kind(chosen, sides, told["fixed"], told["tolerance"], leaves)


def _sound(home: Store, frame: Mapping[str, str]) -> xr.Dataset:
    """The objects of a group, compared with their hashes, as a Dataset."""
    memory = {}
    for key, data in zip(frame, in_order(home.get, frame), strict=True):
        if data is None:
            raise StoreError(f"{home}: the regions are damaged: {key} is missing")
        if sha256(data).hexdigest() != frame[key]:
            raise StoreError(f"{home}: the regions are damaged: {key} has other bytes than were written")
        memory[key] = default_buffer_prototype().buffer.from_bytes(data)
    store = MemoryStore(memory)
    zarr.create_group(store, zarr_format=3)
    opened: xr.Dataset = xr.open_zarr(store, chunks=None, consolidated=False)
    return opened.load()


def _require_regions(home: Store, attributes: dict[str, Any]) -> None:
    state = attributes.get(KIND)
    if state == BEGUN:
        raise IncompleteError(f"{home}: the regions were not written to their end; save them again, overwrite=True")
    if state != WHOLE:
        raise StoreError(f"{home}: {'is not regions' if home.exists() else 'does not exist'}")
    try:
        heard(json.dumps(attributes).encode())
    except ValueError as error:
        raise StoreError(f"{home}: the regions are damaged: of their attributes, {error}") from error


def _require_game(home: Store, attributes: dict[str, Any], game: Game) -> None:
    """Refuse regions of another game, or of another version of it."""
    name, version, source = (attributes[key] for key in ("game", "game_version", "game_source_hash"))
    if name != game.name:
        raise StoreError(f"{home}: is of the game {name}, not of {game.name}")
    if (version, source) != (game.version, game.source_hash):
        raise GameChangedError(
            f"{home}: was made by {attributes['source']}, {name} version {version} (source {source[:12]}); "
            f"here it is version {game.version} (source {game.source_hash[:12]}); find the regions again"
        )
