"""What a store says of itself: the object that is written first, and decides what else may be.

Description.of(sweep)    what a new cube will say
Description.read(store)  what the one there says, None if there is none
.require(sweep)           refuse to go on with another sweep, or another version of its game
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, Self

from posse.kernels.declaration import Game
from posse.kernels.errors import GameChangedError, StoreError, short
from posse.sweeps import labels, spec
from posse.sweeps.blocks import Blocks, chunk_shape
from posse.sweeps.store import ROOM, Store
from posse.sweeps.sweep import Sweep
from posse.sweeps.sworn import heard, swear

KEY = f"{ROOM}/sweep.json"
FORMAT = 2  # of what lies under .posse
# Attributes of what a cube has grown by: which axis had new labels, and the digest of what the part before says.
ALONG, AFTER = "grown_along", "grown_after"


@dataclass(frozen=True)
class Description:
    """identity: hash of the sweep; sources: of its game's functions, to tell what changed; attributes: of the group.

    frame: SHA-256 of each object of the cube but its results: metadata and coordinates.
    """

    identity: str
    sources: dict[str, str]
    shape: tuple[int, ...]
    chunk: tuple[int, ...]
    attributes: dict[str, str]
    frame: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT

    @classmethod
    def of(cls, sweep: Sweep, grown: Mapping[str, str] | None = None) -> Self:
        """grown: of a part that a cube grows by, what it says of that (ALONG, AFTER)."""
        return cls(
            identity=sweep.identity,
            sources=dict(sweep.game.sources),
            shape=sweep.shape,
            chunk=chunk_shape(sweep.shape),
            attributes=labels.provenance(sweep) | dict(grown or {}),
        )

    @classmethod
    def read(cls, store: Store) -> Self | None:
        data = store.get(KEY)
        if data is None:
            return None
        try:
            known = dict(json.loads(data)).get("format", FORMAT)
            if known != FORMAT:
                raise StoreError(
                    f"{store}: has format {known}, this posse knows {FORMAT}; use the version that made it"
                )
            fields = heard(data)
            return cls(**fields | {"shape": tuple(fields["shape"]), "chunk": tuple(fields["chunk"])})
        except (ValueError, TypeError, KeyError) as error:
            raise StoreError(f"{store}: its description {KEY} is damaged: {error}") from error

    def write(self, store: Store) -> None:
        """Put it down, unless another process was first."""
        store.put_if_absent(KEY, swear(asdict(self)))

    @property
    def digest(self) -> str:
        return sha256(swear(asdict(self))).hexdigest()

    @cached_property
    def blocks(self) -> Blocks:
        return Blocks(self.shape, self.chunk)

    def require(self, sweep: Sweep, store: Store) -> None:
        """Raise unless the cube is this sweep's, by this version of the game; say what differs."""
        if self.identity == sweep.identity:
            return
        game = sweep.game
        if self.attributes["game"] == game.name and (changed := self._changed(game)):
            raise GameChangedError(
                f"{store}: was made by {self.attributes['source']}, {game.name} version "
                f"{self.attributes['game_version']}; here it is version {game.version}, "
                f"{', '.join(changed)} changed; choose another store"
            )
        if ALONG in self.attributes:
            raise StoreError(f"{store}: the cube is growing in another way here; posse resume finishes that first")
        raise StoreError(
            f"{store}: is the cube of another sweep; {self._difference(sweep)}; choose another store, or "
            "posse grow if it only has more labels"
        )

    def _changed(self, game: Game) -> list[str]:
        """What of a game is not as it was: its functions where they differ in their text, its version."""
        changed = ["its version"] if game.version != self.attributes["game_version"] else []
        if game.source_hash == self.attributes["game_source_hash"]:
            return changed
        old, new = self.sources, game.sources
        functions = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
        return [*(functions or ["what its functions read"]), *changed]

    def _difference(self, sweep: Sweep) -> str:
        """The first field in which the stored spec differs."""
        old, new = spec.parse(self.attributes["spec"]).model_dump(), spec.parse(sweep.to_toml()).model_dump()
        return _difference(old, new) or "its axes stand in another order, or its values differ in the last digits"


def _difference(old: Any, new: Any, where: str = "") -> str:
    """The first place at which two specs differ, empty where none does."""
    if isinstance(old, dict) and isinstance(new, dict):
        names = dict.fromkeys([*old, *new])
        parts = (_difference(old.get(n), new.get(n), f"{where}.{n}" if where else n) for n in names)
        return next(filter(None, parts), "")
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        parts = (
            _difference(there, here, f"{where}[{k}]") for k, (there, here) in enumerate(zip(old, new, strict=True))
        )
        return next(filter(None, parts), "")
    if isinstance(old, list) and isinstance(new, list) and (only := _only(old, new)):
        return f"{where}: {only}"
    return "" if old == new else f"{where} is {_short(old)} there, {_short(new)} here"


def _only(old: list[Any], new: list[Any]) -> str:
    """What one of two lists has and the other lacks."""
    for one, other, where in ((new, old, "here"), (old, new, "there")):
        if more := [entry for entry in one if entry not in other]:
            others = f" and {len(more) - 1} more" if len(more) > 1 else ""
            return f"{_short(more[0])}{others} only {where}"
    return ""


def _short(value: Any) -> str:
    return "absent" if value is None else short(value)
