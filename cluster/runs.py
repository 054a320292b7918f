"""Who is, or was, at work on a cube, as its store tells: one object for each run, and an order to stop.

    with Run.begin(store, "threads on host") as run:  signs of life, until the block ends
        run.order.is_given()                          somebody has asked it to stop
    runs(store)                                       all there were
    cancel(store)                                     ask those that live to stop

A run that dies leaves its object behind; that it gives no sign of life any more tells of its end.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from secrets import token_hex
from threading import Event, Thread
from time import monotonic, time
from types import TracebackType
from typing import Self

from posse.kernels.errors import Interrupted, PosseError, in_words
from posse.sweeps.store import ROOM, Entry, Store

RUNS = f"{ROOM}/runs"
BEAT = 10.0  # seconds between signs of life
LIFE = 60.0  # seconds without one after which a run counts as lost
GLANCE = 1.0  # seconds between looks for an order to stop

RUNNING = ("submitted", "running")


@dataclass(frozen=True)
class State:
    """What a run says of itself.

    state: one of RUNNING, or finished, failed, cancelled, stopped, lost; reason: why, or what it waits for.
    seen: its last sign of life, in seconds since 1970 by the store's clock.
    """

    name: str
    where: str
    began: str
    state: str
    reason: str = ""
    seen: float = 0.0

    def told(self) -> dict[str, str]:
        """What is written down; that it was seen is not its own to say."""
        return {name: value for name, value in asdict(self).items() if name != "seen"}


class Order:
    """The order to stop a run of this name, which may come at any time."""

    def __init__(self, store: Store, run: str) -> None:
        self.store, self.run = store, run
        self._looked, self._given = float("-inf"), False

    def is_given(self) -> bool:
        """Whether it has come; looks at most once a second."""
        if not self._given and monotonic() > self._looked + GLANCE:
            self._looked = monotonic()  # first, so that of several threads one looks
            self._given = self.store.get(f"{RUNS}/{self.run}.cancel") is not None
        return self._given

    def give(self) -> None:
        self.store.put_if_absent(f"{RUNS}/{self.run}.cancel", b"")


class Run:
    """A run in the store; as a context it gives signs of life and says how it ended."""

    def __init__(self, store: Store, state: State) -> None:
        self.store, self.state = store, state
        self.order = Order(store, state.name)
        self._over = Event()
        self._pulse = Thread(target=self._beat, name="posse-pulse", daemon=True)

    @classmethod
    def begin(cls, store: Store, where: str, state: str = "running") -> Self:
        """Put down a new run; names tell the order, also of runs that begin within one second."""
        now = datetime.now(UTC)
        name = f"{now:%Y%m%dT%H%M%S%f}-{token_hex(3)}"
        run = cls(store, State(name, where, now.isoformat(timespec="seconds"), state))
        run._say(state)
        return run

    def end(self, state: str, reason: str = "") -> None:
        """Say how it ended; silently where the store does not take it."""
        with suppress(PosseError):
            self._say(state, reason)

    def note(self, reason: str) -> None:
        """Say that it lives, and what keeps it from its work, if anything; silently too."""
        with suppress(PosseError):
            self._say("running", reason)

    def _say(self, state: str, reason: str = "") -> None:
        self.state = replace(self.state, state=state, reason=reason)
        self.store.put({f"{RUNS}/{self.state.name}.json": json.dumps(self.state.told()).encode()})

    def _beat(self) -> None:
        while not self._over.wait(BEAT):
            self.note(self.state.reason)

    def __enter__(self) -> Self:
        self._say("running")
        self._pulse.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._over.set()
        self._pulse.join()
        if error is None:
            self.end("finished")
        elif isinstance(error, Interrupted | KeyboardInterrupt):
            self.end("cancelled" if self.order.is_given() else "stopped")
        else:
            self.end("failed", in_words(error))


def runs(store: Store, now: Callable[[], float] = time) -> list[State]:
    """All runs, the latest last; one that says it runs and gives no sign of life is lost."""
    entries = [entry for entry in store.keys(RUNS) if entry.key.endswith(".json")]
    found = [state for entry in entries if (state := _read(entry, store.get(entry.key)))]
    return sorted((_or_lost(state, store, now()) for state in found), key=lambda state: state.name)


def _read(entry: Entry, data: bytes | None) -> State | None:
    """What a run says; None where that is damaged, or was put down by a posse to come."""
    name = entry.key.rpartition("/")[2].removesuffix(".json")
    try:
        told = json.loads(data or b"")
        where, began, state, reason = (str(told[field]) for field in ("where", "began", "state", "reason"))
    except (ValueError, TypeError, KeyError):
        return None
    return State(name, where, began, state, reason, entry.when)


def _or_lost(state: State, store: Store, now: float) -> State:
    """A state, as long as it is to be believed."""
    if state.state not in RUNNING or now - state.seen < LIFE:
        return state
    asked = ", after an order to stop" if store.get(f"{RUNS}/{state.name}.cancel") is not None else ""
    return replace(state, state="lost", reason=f"no sign of life for {LIFE:.0f} s{asked}")


def cancel(store: Store) -> list[State]:
    """Ask all that live to stop, and tell which; those that seem lost are asked too, for they may only be silent."""
    every = runs(store)
    for state in every:
        if state.state in (*RUNNING, "lost"):
            Order(store, state.name).give()
    return [state for state in every if state.state in RUNNING]
