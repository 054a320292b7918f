"""The benchmarks of this machine, as `posse bench` prints them.

machine() -> what is measured, and where; measure(quick, groups) -> tables, each as it is done
"""

import platform
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module, metadata
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import psutil

import posse
from posse.benchmarks import GROUPS
from posse.benchmarks.timing import Table
from posse.cluster.local import cores
from posse.kernels.errors import pick
from posse.sweeps.memory import gigabytes

PACKAGES = ("numpy", "numba", "llvmlite", "numcodecs", "google-crc32c", "zarr", "xarray", "dask")


def measure(
    quick: bool, groups: Sequence[str] | None = None, tell: Callable[[str], None] = lambda note: None
) -> Iterator[Table]:
    """Run the groups of benchmarks, or some. A group whose packages are not installed is left out, and told."""
    chosen = [pick("--only", group, {known: known for known in GROUPS}) for group in groups or GROUPS]
    return (table for group in chosen for table in _measured(group, quick, tell))


def _measured(group: str, quick: bool, tell: Callable[[str], None]) -> list[Table]:
    """The tables of a group, made in a process of its own: no threads, files or memory of other groups."""
    tell(f"{group} ...")
    started = perf_counter()
    try:
        with ProcessPoolExecutor(1, get_context("spawn")) as alone:
            tables = alone.submit(_tables, group, quick).result()
    except ImportError as error:
        tell(f"{group}: left out, {error}")
        return []
    tell(f"{group}: {perf_counter() - started:.0f} s")
    return tables


def _tables(group: str, quick: bool) -> list[Table]:
    found: list[Table] = import_module(f"posse.benchmarks.{group}").tables(quick)
    return found


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
