"""A run that is driven by a process of its own on this machine, which does not end with the terminal.

detach(cube, table)
log_path(name)       where what it prints goes, in the user's folder for logs
"""

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from socket import gethostname
from time import time
from typing import Any

from platformdirs import user_log_path

from posse.cluster.clusters import engine, require
from posse.cluster.run import complete
from posse.cluster.runs import Run, State
from posse.kernels.errors import ClusterError, in_words
from posse.sweeps.cube import Cube
from posse.sweeps.store import Store, open_store

KEPT = 90 * 86_400.0  # seconds


def detach(cube: Cube, table: Mapping[str, Any]) -> Run:
    """Have a process of its own start a cluster and drive a run on it."""
    require(table)
    run = Run.begin(cube.store, f"{table['kind']}, started on {gethostname()}", "submitted")
    order = json.dumps({"store": str(cube.store), "state": asdict(run.state), "table": dict(table)})
    try:
        _forget_logs()
        with log_path(run.state.name).open("wb") as log:
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", "posse.cluster.detached"],  # -P: no modules from the current folder
                stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        assert child.stdin
        with child.stdin as pipe:
            pipe.write(order.encode())
    except OSError as error:
        run.end("failed", in_words(error))
        raise ClusterError(f"no process can be started for the run: {in_words(error)}") from error
    return run


def log_path(run: str) -> Path:
    """The file that a run of this name writes what it prints to."""
    return user_log_path("posse", ensure_exists=True) / f"{run}.log"


def _forget_logs() -> None:
    """Remove logs that nothing was written to for long."""
    for log in log_path("*").parent.glob("*.log"):
        with suppress(OSError):
            if time() > log.stat().st_mtime + KEPT:
                log.unlink()


def _drive() -> None:
    """The process that `detach` starts."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops as it does at Ctrl-C
    order = json.loads(sys.stdin.read())
    store: Store = open_store(order["store"])
    run = Run(store, State(**order["state"]))
    try:
        with run, engine(order["table"]) as where:  # a cluster may take minutes to start: signs of life come first
            complete(Cube.open(store), where, run)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:
        print(f"posse: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    log = log_path(run.state.name)
    if log.exists() and not log.stat().st_size:
        log.unlink()


if __name__ == "__main__":
    _drive()
