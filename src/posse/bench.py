"""The benchmarks of this machine, as `posse bench` prints them.

measure(quick, only) -> Report, with .markdown() and .as_dict()
"""

import platform
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil

import posse
from posse.benchmarks.timing import Table
from posse.cluster.local import cores
from posse.kernels.errors import pick
from posse.sweeps.memory import gigabytes

GROUPS = ("kernel", "disk", "slicing", "starting", "tools")
PACKAGES = ("numpy", "numba", "llvmlite", "numcodecs", "google-crc32c", "zarr", "xarray", "dask")


@dataclass(frozen=True)
class Report:
    """machine: what was measured and where, by name."""

    machine: dict[str, str]
    tables: list[Table]

    def as_dict(self) -> dict[str, Any]:
        return {"machine": self.machine, "tables": [table.as_dict() for table in self.tables]}

    def markdown(self) -> str:
        facts = [f"- {name}: {value}" for name, value in self.machine.items()]
        return "\n".join([*facts, "", *(table.markdown() for table in self.tables)])


def measure(quick: bool, only: str | None = None, tell: Callable[[str], None] = lambda note: None) -> Report:
    """Run the groups of benchmarks, or one. A group whose packages are not installed is left out, and told."""
    chosen = GROUPS if only is None else (pick("--only", only, {group: group for group in GROUPS}),)
    tables: list[Table] = []
    for group in chosen:
        started = perf_counter()
        tell(f"{group} ...")
        try:
            module = import_module(f"posse.benchmarks.{group}")
        except ImportError as error:
            tell(f"{group}: left out, {error}")
            continue
        tables += module.tables(quick)
        tell(f"{group}: {perf_counter() - started:.0f} s")
    return Report(machine(), tables)


def machine() -> dict[str, str]:
    """The code that runs, and what it runs on."""
    versions = [f"{name} {_version(name)}" for name in PACKAGES]
    return {
        "posse": f"{posse.__version__} {_commit()}".strip(),
        "processor": _processor(),
        "cores": str(cores()),
        "memory": gigabytes(psutil.virtual_memory().total),
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "packages": ", ".join(versions),
    }


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "–"


def _commit() -> str:
    """The commit of the checkout that this file is in; empty where it is in none."""
    here = str(Path(__file__).parent)
    git = ["git", "-C", here]
    try:
        subprocess.run([*git, "ls-files", "--error-unmatch", "__init__.py"], capture_output=True, check=True)
        command = [*git, "describe", "--always", "--dirty", "--exclude", "*"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _processor() -> str:
    """Its name, as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
