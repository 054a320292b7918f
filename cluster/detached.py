"""A run that is driven by a process of its own on this machine, which does not end with the terminal.

    detach(cube, table)

What it prints goes to a file in the user's folder for logs.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from socket import gethostname
from typing import Any

from platformdirs import user_log_path

from posse.cluster.clusters import engine
from posse.cluster.run import finish
from posse.cluster.runs import RUNNING, Run, State
from posse.kernels.errors import ClusterError, in_words
from posse.sweeps.cube import Cube
from posse.sweeps.store import Store, open_store


def detach(cube: Cube, table: Mapping[str, Any]) -> Run:
    """Have a process of its own start a cluster and drive a run on it."""
    run = Run.begin(cube.store, f"{table['kind']}, from {gethostname()}", "submitted")
    order = json.dumps({"store": str(cube.store), "state": asdict(run.state), "table": dict(table)})
    try:
        with (user_log_path("posse", ensure_exists=True) / f"{run.state.name}.log").open("wb") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "posse.cluster.detached"],
                stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        assert child.stdin
        with child.stdin as pipe:
            pipe.write(order.encode())
    except OSError as error:
        run.end("failed", in_words(error))
        raise ClusterError(f"no process can be started for the run: {in_words(error)}") from error
    return run


def _drive() -> None:
    """The process that `detach` starts."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops as it does at Ctrl-C
    order = json.loads(sys.stdin.read())
    store: Store = open_store(order["store"])
    run = Run(store, State(**order["state"]))
    try:
        with engine(order["table"]) as where:
            finish(Cube.open(store), where, run=run)
    except Exception as error:
        if run.state.state in RUNNING:
            run.end("failed", in_words(error))
        print(f"posse: {error}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    _drive()
