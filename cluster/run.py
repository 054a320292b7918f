"""Run a sweep into a store: what all engines have in common.

run(sweep, store, engine)    begin a cube, or go on with it, until it is whole
grow(sweep, store, engine)   add the labels that a larger sweep has to a whole cube
finish(cube, engine)         the same for a cube that has been begun
complete(cube, engine, run)  the same within a run that has been begun
"""

import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from posse.cluster.engine import Engine, Waiting
from posse.cluster.local import Threads
from posse.cluster.progress import bar
from posse.cluster.runs import Run
from posse.kernels.errors import BlocksFailedError, IncompleteError, Interrupted, StoreError
from posse.sweeps import growth, records
from posse.sweeps.cube import Cube, is_sealed, read_description
from posse.sweeps.opening import open_parts
from posse.sweeps.store import Store, open_store
from posse.sweeps.sweep import Sweep

Advance = Callable[[int, str], None]  # points that are done now, and what the run waits for

MOST_FAILED = 100  # blocks, after which something else than the blocks is wrong, and a run ends


@dataclass(frozen=True)
class Report:
    """What a run did: blocks and points solved, in how many seconds (compiling left out)."""

    blocks: int
    points: int
    seconds: float

    @property
    def rate(self) -> float:
        """Points a second."""
        return self.points / self.seconds if self.seconds else 0.0


def run(sweep: Sweep, store: str | Path | Store, engine: Engine | None = None, progress: bool = True) -> Report:
    """Write the cube of a sweep, or finish the one that is there.

    engine: where the work runs; threads of this process if left out. progress: show a bar on standard error.
    """
    engine = engine or Threads()
    engine.require(sweep)
    return go_on(Cube.create(sweep, store), engine, progress)


def grow(sweep: Sweep, store: str | Path | Store, engine: Engine | None = None, progress: bool = True) -> Report:
    """Add to a whole cube the labels that a larger sweep has, axis by axis, or go on with that.

    Raises InputError where the sweep is not the cube's with more labels, IncompleteError where the cube is not whole,
    StoreError where it is growing in another way already, GameChangedError where another version of the game made it;
    then nothing is written.
    """
    parts = growth.parts(open_store(store))
    growth.require_game(parts[0], sweep.game)
    begun = None if len(parts) == 1 or is_sealed(parts[-1]) else read_description(parts.pop())
    if not all(map(is_sealed, parts)):
        raise IncompleteError(f"{parts[0]}: is not finished, so it cannot grow yet; posse resume finishes it")
    added = growth.additions(open_parts(parts), sweep)
    if begun and [begun.identity] != [one.identity for one in [*added.values()][:1]]:
        raise StoreError(f"{parts[0]}: is growing in another way; posse resume {parts[0]} finishes that first")
    engine, done = engine or Threads(), []
    for axis, one in added.items():
        engine.require(one)
        cube = Cube.create(one, growth.part(parts[0], len(parts)), growth.following(parts, axis))
        done.append(go_on(cube, engine, progress))
        parts.append(cube.store)
    return Report(sum(r.blocks for r in done), sum(r.points for r in done), sum(r.seconds for r in done))


def go_on(cube: Cube, engine: Engine | None = None, progress: bool = True) -> Report:
    """Finish a cube, with a bar on standard error."""
    missing = cube.missing()
    left = sum(map(cube.blocks.points, missing))
    with bar(cube.sweep.size, cube.sweep.size - left, progress and left > 0) as advance:
        return finish(cube, engine, advance, missing)


def finish(
    cube: Cube,
    engine: Engine | None = None,
    advance: Advance = lambda points, waiting: None,
    missing: list[int] | None = None,
) -> Report:
    """Solve what is missing of a cube and seal it, in a run of its own if anything is missing.

    advance: told the points of each finished block, or what the run waits for.
    missing: what is missing, where that has just been looked up.
    Raises Interrupted after Ctrl-C or an order to stop, once the blocks under way are recorded; BlocksFailedError
    where blocks cannot be solved, once all others are.
    """
    engine = engine or Threads()
    missing = cube.missing() if missing is None else missing
    if not missing:
        cube.write_skeleton()
        cube.seal()
        return Report(0, 0, 0.0)
    with Run.begin(cube.store, str(engine)) as run:
        return complete(cube, engine, run, advance, missing)


def complete(
    cube: Cube,
    engine: Engine,
    run: Run,
    advance: Advance = lambda points, waiting: None,
    missing: list[int] | None = None,
) -> Report:
    """Solve what is missing of a cube and seal it, as a part of a run; arguments and errors as of `finish`."""
    cube.write_skeleton()
    missing = cube.missing() if missing is None else missing
    random.SystemRandom().shuffle(missing)  # two runs of one cube seldom meet at a block
    if missing:
        engine.prepare(cube)
    report = _work(cube, missing, engine, advance, run)
    cube.seal()
    return report


def _work(cube: Cube, missing: list[int], engine: Engine, advance: Advance, run: Run) -> Report:
    started, points, blocks = perf_counter(), 0, 0
    failed: dict[int, str] = {}
    try:
        with closing(engine.work(cube, missing, run.order)) as outcomes:
            for outcome in outcomes:
                if isinstance(outcome, Waiting):
                    run.note(outcome.reason)
                    advance(0, outcome.reason)
                elif outcome.failure is None:
                    blocks, points = blocks + 1, points + cube.blocks.points(outcome.block)
                    advance(cube.blocks.points(outcome.block), "")
                else:
                    failed[outcome.block] = outcome.failure
                    records.write_failure(cube.store, outcome.block, outcome.failure)
                if len(failed) == MOST_FAILED:
                    break
    except KeyboardInterrupt:
        raise _interrupted(cube) from None
    whole = blocks + len(failed) == len(missing)
    if not whole and len(failed) < MOST_FAILED:
        raise _interrupted(cube)
    if failed:
        raise BlocksFailedError(_told(cube, failed, whole))
    return Report(blocks, points, perf_counter() - started)


def _interrupted(cube: Cube) -> Interrupted:
    done = len(cube.blocks) - len(cube.missing())
    return Interrupted(f"stopped; {done} of {len(cube.blocks)} blocks are done; run the same command to go on")


def _told(cube: Cube, failed: dict[int, str], whole: bool) -> str:
    """The blocks that failed, in one line."""
    number, reason = min(failed.items())
    others = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
    rest = "all others are recorded" if whole else "the run ends here"
    return f"{cube.store}: block {number}{others} of {len(cube.blocks)} cannot be solved: {reason}; {rest}"
