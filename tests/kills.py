"""Processes that die at a chosen step.

kill_at(7, store)      SIGKILL this process just before its seventh change below a folder
env=WITH_TESTS         in which a child process can import this
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

WITH_TESTS = os.environ | {
    "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
}
CHANGES = {"open": 0, "os.mkdir": 0, "os.link": 1, "os.rename": 1, "os.remove": 0, "os.rmdir": 0}


def kill_at(step: int, store: Path) -> None:
    """An audit hook sees whatever the interpreter does to files, before it happens."""
    left = [step]

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in CHANGES or not isinstance(arguments[CHANGES[event]], str | os.PathLike):
            return
        path = os.fspath(arguments[CHANGES[event]])
        if event == "os.mkdir" and Path(path).is_dir():
            return
        if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR):
            return
        if not path.startswith(str(store)) and event not in ("os.remove", "os.rmdir"):
            return
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
