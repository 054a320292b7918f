"""A cube that grows: what new labels add is a cube of its own in the same store, below grown/1, grown/2 and so on.

parts(store)             the stores of a cube: the first one, and what it has grown by, in order
following(parts, axis)   what the next part says of itself
additions(ds, larger)    the sweeps that a larger sweep adds to an opened cube, by the axis that has new labels
joined(ds, part)         both as one Dataset, as lazy as they are

Nothing of an older part is ever written again: one chunk could not hold old cells and new ones without other bytes
(decisions/0010). A part counts once it is sealed; until then the cube is what it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from posse.kernels.declaration import Game
from posse.kernels.errors import InputError, StoreError
from posse.sweeps import spec
from posse.sweeps.axes import Axis, bound_by
from posse.sweeps.cube import read_description
from posse.sweeps.description import AFTER, ALONG, KEY, Description
from posse.sweeps.designs import SETTINGS, kind_of
from posse.sweeps.numbers import Array
from posse.sweeps.store import Store
from posse.sweeps.sweep import Sweep

SAME = 1e-12  # of a number, or of a label's distance to the next: as near as this is one, worked out in two ways


def parts(store: Store) -> list[Store]:
    """The stores of a cube, in the order in which they were begun. Raises StoreError where one is lost or foreign."""
    found = [store]
    while there := Description.read(part(store, len(found))):
        after = Description.read(found[-1])
        if after and there.attributes.get(AFTER) != after.digest:
            raise StoreError(
                f"{part(store, len(found))}: is not what this cube has grown by after {found[-1]}; put back what was "
                "there, or move it away with all later ones to have the cube as it was before"
            )
        found.append(part(store, len(found)))
    lost, later = part(store, len(found)), part(store, len(found) + 1)
    if (lost.exists() or later.get(KEY) is not None) and lost.get(KEY) is None:  # it may have been begun just now
        raise StoreError(
            f"{lost}: is a part of the cube that has lost its description {KEY}; put back what was there, or move it "
            "away with all later ones to have the cube as it was before"
        )
    return found


def following(parts: Sequence[Store], axis: str) -> dict[str, str]:
    """What the part says of itself by which a cube of these parts grows along an axis."""
    last = Description.read(parts[-1])
    return {ALONG: axis} | ({AFTER: last.digest} if last else {})


def part(store: Store, number: int) -> Store:
    """Where lies what a cube has grown by, the n-th time."""
    return store.below(f"grown/{number}")


# What is new


def require_game(store: Store, game: Game) -> None:
    """Raise unless a cube is of this game, in the version that made it: no cube mixes two."""
    there = read_description(store)
    if ALONG in there.attributes:
        raise StoreError(f"{store}: is a part by which another cube has grown; grow that one")
    written = spec.parse(there.attributes["spec"], str(store))
    _require_equal("game", written.game, game.name)
    there.require(sweep_of(written, game), store)


def additions(ds: xr.Dataset, larger: Sweep) -> dict[str, Sweep]:
    """The sweeps to be solved, one after another, so that an opened cube becomes that of a larger sweep.

    Raises InputError where that is more than new labels, or lacks some that the cube has.
    """
    written = spec.parse(ds.attrs["spec"])
    _require_alike(sweep_of(written, larger.game), larger)
    axes, found = dict(written.axes), {}
    for wanted in larger.axes:
        there = _axis(ds, wanted.name)
        new = _new_labels(there, wanted)
        if len(new):
            added = _chosen(wanted, new)
            part = written.model_copy(update={"axes": axes | {wanted.name: _written(added)}})
            found[wanted.name] = sweep_of(part, larger.game)
            axes[wanted.name] = _written(_merged(there, added)[0])
    return found


def sweep_of(written: spec.Spec, game: Game) -> Sweep:
    """The sweep of a spec, of a game that need not be registered."""
    return Sweep(game, written.axes, written.fixed, written.outputs, written.dtype, written.outside_domain)


def _require_alike(there: Sweep, larger: Sweep) -> None:
    """But for the labels of its axes, a cube stays what it is."""
    compared = {name: (getattr(there, name), getattr(larger, name)) for name in ("dims", "dtype", "outside_domain")}
    compared["outputs"] = [o.name for o in there.outputs], [o.name for o in larger.outputs]
    compared |= {f"fixed.{n}": (there.fixed.get(n), larger.fixed.get(n)) for n in {**there.fixed, **larger.fixed}}
    for what, (old, new) in compared.items():
        _require_equal(what, old, new)


def _require_equal(what: str, old: Any, new: Any) -> None:
    if old != new:
        raise InputError(f"{what}: {old} in the cube, {new} in the sweep; a cube grows by labels only")


def _new_labels(there: Axis, wanted: Axis) -> Array:
    """Positions of the labels that the cube lacks; those that it has must bind what they bind there."""
    where = f"axes.{there.name}"
    if kind_of(there.written) or kind_of(wanted.written):
        _require_extended(where, there, wanted)
    columns, others = ({**a.values, **a.notes} for a in (there, wanted))
    if {*columns} != {*others}:
        raise InputError(f"{where}: has {', '.join(columns)} in the cube, {', '.join(others)} in the sweep")
    kinds = ["numbers" if axis.labels.dtype.kind in "iuf" else "names" for axis in (there, wanted)]
    if kinds[0] != kinds[1]:
        raise InputError(f"{where}: its labels are {kinds[0]} in the cube, {kinds[1]} in the sweep")
    place = _places(there.labels, wanted.labels)
    if (place < 0).any():
        raise InputError(f"{where}: lacks the label {there.labels[place < 0][0]}; a cube grows, and loses nothing")
    for name in () if there.binds_itself else columns:
        old, new = columns[name], others[name][place]
        other = abs(old - new) > SAME * abs(old) if old.dtype.kind == "f" else old != new
        for k in np.flatnonzero(other)[:1]:
            raise InputError(f"{where}.{name}: {there.labels[k]} has {old[k]} in the cube, {new[k]} in the sweep")
    return np.setdiff1d(np.arange(len(wanted)), place)


def _require_extended(where: str, there: Axis, wanted: Axis) -> None:
    """Of a design only the number of points may differ, and of one whose first points stay."""
    kind = kind_of(there.written)
    before, after = ({**SETTINGS, **spec.plain(axis.written)} for axis in (there, wanted))
    for name in {**there.written, **after}:
        old, new = before.get(name), after.get(name)
        if old != new and not (name == kind == kind_of(wanted.written)):
            raise InputError(f"{where}.{name}: {_or_none(old)} in the cube, {_or_none(new)} in the sweep")
        if old != new and kind == "latin_hypercube":
            raise InputError(f"{where}.{name}: {old} in the cube; only sobol, uniform and saltelli can be extended")


def _or_none(value: Any) -> Any:
    return "none" if value is None else value


def _places(labels: Array, among: Array) -> Array:
    """Where each label stands among others, -1 where it does not."""
    if labels.dtype.kind not in "iuf" or among.dtype.kind not in "iuf":
        place = {str(label): k for k, label in enumerate(among)}
        return np.array([place.get(str(label), -1) for label in labels])
    right = np.clip(np.searchsorted(among, labels), 1, len(among) - 1) if len(among) > 1 else np.zeros(len(labels), int)
    left = np.maximum(right - 1, 0)
    nearest = np.where(abs(among[left] - labels) < abs(among[right] - labels), left, right)
    gaps = np.pad(np.diff(among.astype(np.float64)), 1, constant_values=np.inf)
    gap = np.minimum(gaps[:-1], gaps[1:])[nearest]
    near = SAME * np.maximum(abs(labels), np.where(np.isfinite(gap), gap, 0))
    return np.where(abs(among[nearest] - labels) <= near, nearest, -1)


# Axes as data


def _axis(ds: xr.Dataset, name: str) -> Axis:
    """An axis of an opened cube, whose game need not be there."""
    written = spec.parse(ds.attrs["spec"]).axes[name]
    labels = ds[name].values
    values = {key: ds[key].values for key in bound_by(name, written)}
    notes = {key: _texts(ds[key].values) for key in written.get("notes", {})}
    return Axis(name, labels if labels.dtype.kind in "iuf" else _texts(labels), values, written, notes)


def _texts(column: Array) -> Array:
    return np.array(column.tolist(), dtype=np.str_)


def _chosen(axis: Axis, positions: Array) -> Axis:
    """Some entries of an axis."""
    written = axis.written
    if kind_of(axis.written):
        written = {**written, "first": int(axis.labels[positions[0]]) // axis.attributes["rows"]}
    values, notes = ({name: column[positions] for name, column in of.items()} for of in (axis.values, axis.notes))
    return Axis(axis.name, axis.labels[positions], values, written, notes, axis.attributes)


def _merged(one: Axis, other: Axis) -> tuple[Axis, Array]:
    """The entries of two axes, numbers in their order, names one after another; and where each stood, end to end."""
    labels = _concatenated(one.labels, other.labels)
    order = np.argsort(labels, kind="stable") if labels.dtype.kind in "iuf" else np.arange(len(labels))
    values, notes = (
        {name: np.concatenate([old[name], new[name]])[order] for name in old}
        for old, new in ((one.values, other.values), (one.notes, other.notes))
    )
    kind = kind_of(one.written)
    written = {**one.written, kind: other.written[kind]} if kind else one.written
    return Axis(one.name, labels[order], values, written, notes, one.attributes), order


def _concatenated(one: Array, other: Array) -> Array:
    """End to end; entries that are only counted stay so, though a part has to list their numbers."""
    counted = (one.dtype.kind, other.dtype.kind) == ("i", "f") and not (other % 1).any()
    return np.concatenate([one, other.astype(one.dtype) if counted else other])


def _written(axis: Axis) -> Mapping[str, Any]:
    """An axis as a spec lists it."""
    if kind_of(axis.written):
        return axis.written
    if axis.binds_itself:
        return {"values": axis.labels.tolist()}
    counted = axis.labels.dtype.kind == "i" and np.array_equal(axis.labels, np.arange(len(axis)))
    listed = axis.values if counted else {"labels": axis.labels, **axis.values}
    columns = {name: column.tolist() for name, column in listed.items()}
    return columns | ({"notes": {n: texts.tolist() for n, texts in axis.notes.items()}} if axis.notes else {})


# What is there


def joined(ds: xr.Dataset, added: xr.Dataset) -> xr.Dataset:
    """A cube and what it has grown by."""
    along = added.attrs[ALONG]
    axis, order = _merged(_axis(ds, along), _axis(added, along))
    pairs = {name: (ds[name].variable, added[name].variable) for name in ds.variables if along in ds[name].dims}
    rest = ds.drop_vars(pairs)
    coordinates = {name: _end_to_end(*pairs[name], order) for name in pairs if name in ds.coords}
    variables = {name: _joined(*pairs[name], along, order) for name in pairs if name not in ds.coords}
    written = spec.parse(ds.attrs["spec"])
    grown = written.model_copy(update={"axes": written.axes | {along: _written(axis)}})
    history = f"{ds.attrs['history']}\n{added.attrs['history']} ({along} has grown)"
    found = rest.assign_coords(coordinates).assign(variables)[[*ds.data_vars]]
    return found.assign_attrs({"spec": spec.write(grown), "history": history})


def _end_to_end(one: xr.Variable, other: xr.Variable, order: Array) -> xr.Variable:
    return xr.Variable(one.dims, _concatenated(one.values, other.values)[order], one.attrs)


def _joined(one: xr.Variable, other: xr.Variable, along: str, order: Array) -> xr.Variable:
    together = indexing.LazilyIndexedArray(Joined(one, other, one.get_axis_num(along), order))
    return xr.Variable(one.dims, together, one.attrs, {"preferred_chunks": one.encoding["preferred_chunks"]})


@dataclass(frozen=True, eq=False)
class Joined(BackendArray):
    """Two arrays end to end along an axis, then in an order: read where they are indexed."""

    one: xr.Variable
    other: xr.Variable
    axis: int
    order: Array

    @property
    def dtype(self) -> np.dtype[Any]:
        found: np.dtype[Any] = self.one.dtype
        return found

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(self.order) if k == self.axis else n for k, n in enumerate(self.one.shape))

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._outer)

    def _outer(self, key: tuple[Any, ...]) -> Array:
        """The values at positions along each dimension; a dimension goes where its position is one number."""
        wanted = np.atleast_1d(self.order[key[self.axis]])
        own = wanted < self.one.shape[self.axis]
        whole = tuple(slice(k, k + 1) if isinstance(k, int | np.integer) else k for k in key)
        pieces = [
            source[(*whole[: self.axis], where, *whole[self.axis + 1 :])].values
            for source, where in ((self.one, wanted[own]), (self.other, wanted[~own] - self.one.shape[self.axis]))
            if len(where) or not len(wanted)
        ]
        found = np.concatenate(pieces, axis=self.axis)
        found = np.take(found, np.argsort(np.argsort(~own, kind="stable"), kind="stable"), axis=self.axis)
        return found[tuple(0 if isinstance(k, int | np.integer) else slice(None) for k in key)]
