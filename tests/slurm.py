"""A SLURM of one node on this machine, of its real daemons: a batch system for tests.

    with Slurm(folder) as slurm:
        slurm.jobs()            the numbers of the jobs that run
        slurm.call("scancel", number)

Needs root, and slurmctld, slurmd, slurm-client and munge of the system's packages.
"""

import os
import shutil
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from dask_processes import LOOPBACK, free_port, wait_until

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "scancel", "squeue", "scontrol", "munged", "runuser")
CONFIGURATION = """
ClusterName=posse
SlurmctldHost={host}({loopback})
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={munge}/socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MpiDefault=none
KillWait=2
SlurmctldPort={controller}
SlurmdPort={daemon}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmdParameters=config_overrides
NodeName={host} NodeAddr={loopback} CPUs=4 RealMemory=8000 State=UNKNOWN
PartitionName=posse Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def why_not() -> str:
    """Why there can be none here; empty where there can."""
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if missing:
        return f"needs SLURM on this machine; missing are {', '.join(missing)}"
    return "" if os.geteuid() == 0 else "needs root, to run SLURM's daemons"


class Slurm:
    """folder: for its state; its path has to be open to other users, for munged is one."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.munge = folder, folder / "munge"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.ports = free_port(), free_port()

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"SLURM_CONF": str(self.folder / "slurm.conf")}

    def call(self, *command: object) -> str:
        """What a command of SLURM prints."""
        done = subprocess.run([*map(str, command)], env=self.environment, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def jobs(self) -> list[int]:
        """Numbers of the jobs that run."""
        return sorted(map(int, self.call("squeue", "--noheader", "--states=R", "--format=%i").split()))

    def start_controller(self) -> None:
        self.controller = self._start("slurmctld", "-D", "-f", self.folder / "slurm.conf")

    def _start(self, *command: object) -> subprocess.Popen[bytes]:
        log = (self.folder / "output.log").open("ab")
        with log:
            process = subprocess.Popen(
                [*map(str, command)], stdout=log, stderr=log, env=self.environment, start_new_session=True
            )
        self.processes.append(process)
        return process

    def __enter__(self) -> Self:
        self.munge.mkdir(parents=True)
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        (self.munge / "key").write_bytes(os.urandom(128))
        host = socket.gethostname().partition(".")[0]
        controller, daemon = self.ports
        (self.folder / "slurm.conf").write_text(
            CONFIGURATION.format(
                host=host, loopback=LOOPBACK, munge=self.munge, folder=self.folder, controller=controller, daemon=daemon
            )
        )
        for path in (self.munge, self.munge / "key"):
            shutil.chown(path, "munge", "munge")
        (self.munge / "key").chmod(0o400)
        self.munge.chmod(0o755)
        files = [f"--{name}-file={self.munge / name}" for name in ("key", "log", "pid", "seed")]
        self._start(
            "runuser", "-u", "munge", "--", "munged", "--foreground", f"--socket={self.munge / 'socket'}", *files
        )
        wait_until((self.munge / "socket").exists)
        self.start_controller()
        self._start("slurmd", "-D", "-f", self.folder / "slurm.conf", "-N", host)
        wait_until(self._is_idle)
        return self

    def _is_idle(self) -> bool:
        command = ["sinfo", "--noheader", "--format=%t"]
        said = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=30).stdout
        return said.strip() == "idle"

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        subprocess.run(["scancel", "--state=RUNNING", "--user=root"], env=self.environment, timeout=30, check=False)
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
