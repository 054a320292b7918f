"""A Dask cluster of real processes on loopback, for tests that kill them.

    with Processes(folder) as cluster:
        cluster.start_worker()
        cluster.kill(cluster.workers[0])

What workers log is kept: every block that is solved, and by which process.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

LOOPBACK = "127.0.0.1"
# `python -m posse`, with tasks of a fifth of a second.
CHILD = """
import runpy, sys
import posse.cluster.batch, posse.cluster.workers
posse.cluster.workers.TARGET, posse.cluster.batch.CARE = 0.2, 1.0
sys.argv[0] = "posse"
runpy.run_module("posse", run_name="__main__", alter_sys=True)
"""


def wait_until(happened: Callable[[], object], seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < limit, "it took too long"
        time.sleep(0.01)


def free_port() -> int:
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        return int(one.getsockname()[1])


def posse(*arguments: object, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """A command of posse in a process of its own."""
    child = [sys.executable, "-c", CHILD, *map(str, arguments)]
    return subprocess.Popen(child, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)


def answer(child: subprocess.Popen[str], seconds: float = 120) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    out, error = child.communicate(timeout=seconds)
    return child.returncode, out, error


class Processes:
    """settings: of Dask's configuration, as environment variables."""

    def __init__(self, folder: Path, scheme: str = "tcp", **settings: object) -> None:
        self.folder, self.scheme, self.port = folder, scheme, free_port()
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []
        self.logs: list[Path] = []
        self.settings = {"DASK_LOGGING__POSSE": "debug"} | {key: str(value) for key, value in settings.items()}

    @property
    def address(self) -> str:
        return f"{self.scheme}://{LOOPBACK}:{self.port}"

    def start_scheduler(self) -> None:
        where = "--host", LOOPBACK, "--protocol", self.scheme, "--port", str(self.port)
        self.scheduler = self._start("scheduler", *where, "--dashboard-address", f"{LOOPBACK}:0")
        wait_until(self._listens)

    def start_worker(self, *options: str) -> subprocess.Popen[bytes]:
        options = options or ("--no-nanny",)
        worker = self._start(
            "worker", self.address, "--host", LOOPBACK, "--protocol", self.scheme, "--nthreads", "1", "--no-dashboard",
            "--local-directory", str(self.folder / "spill"), *options,
        )  # fmt: skip
        self.workers.append(worker)
        return worker

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        self.folder.mkdir(exist_ok=True)
        self.logs.append(self.folder / f"{len(self.logs)}-{command[0]}.log")
        with self.logs[-1].open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *command],
                stdout=log, stderr=log, env=os.environ | self.settings, start_new_session=True,
            )  # fmt: skip

    def _listens(self) -> bool:
        with socket.socket() as one:
            return one.connect_ex((LOOPBACK, self.port)) == 0

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL, to its children too."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_scheduler(self) -> None:
        """SIGKILL; its workers end by themselves, but for those that were just starting."""
        assert self.scheduler
        self.kill(self.scheduler)
        limit = time.monotonic() + 5
        for worker in self.living:
            try:
                worker.wait(max(0.0, limit - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.kill(worker)

    @property
    def living(self) -> list[subprocess.Popen[bytes]]:
        return [worker for worker in self.workers if worker.poll() is None]

    def kill_all(self) -> None:
        for process in [*self.workers, *([self.scheduler] if self.scheduler else [])]:
            if process.poll() is None:
                self.kill(process)

    def solved(self) -> Counter[int]:
        """How often each block was begun to be solved, by the logs of all workers there ever were."""
        said = "".join(log.read_text(errors="replace") for log in self.logs)
        return Counter(int(number) for number in re.findall(r"block (\d+) is being solved", said))

    def __enter__(self) -> Self:
        self.start_scheduler()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.kill_all()
        if error is not None:
            for log in self.logs:
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}")
