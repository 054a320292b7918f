"""What says where a run can run: a table, in a spec file, in the user's configuration, or as a dict.

    {"kind": "threads", "workers": 4}        threads of this process; what holds where nothing is said
    {"kind": "local", "processes": 4}        a Dask cluster of processes of this machine
    {"scheduler": "tls://10.0.0.5:8786"}     a Dask cluster that runs already
    {"kind": "slurm", "jobs": 20, ...}       one of jobs of a batch system, by dask-jobqueue
    {"profile": "uni"}                       what the user has written down in CONFIGURATION

    chosen(...)        the table that a command line's options and spec amount to
    checked(table)     a table that is right, a profile filled in

Entries that are not named here go, as they are, to the class that starts the cluster (posse.cluster.clusters).
"""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from platformdirs import user_config_path

from posse.cluster.local import MOST
from posse.kernels.errors import InputError, pick

Table = Mapping[str, Any]

CONFIGURATION = user_config_path("posse") / "clusters.toml"
TLS = ("tls_ca", "tls_cert", "tls_key")

# Where the class that starts each kind lives; threads need none.
KINDS = {
    "threads": "",
    "local": "distributed.LocalCluster",
    "slurm": "dask_jobqueue.SLURMCluster",
    "pbs": "dask_jobqueue.PBSCluster",
    "sge": "dask_jobqueue.SGECluster",
    "lsf": "dask_jobqueue.LSFCluster",
    "oar": "dask_jobqueue.OARCluster",
    "moab": "dask_jobqueue.MoabCluster",
    "htcondor": "dask_jobqueue.HTCondorCluster",
    "kubernetes": "dask_kubernetes.operator.KubeCluster",
}
COUNTS = ("jobs", "processes", "workers")
ADDRESS = r"(tcp|tls|ucx|ws|wss)://([^\s:\[\]/]+|\[[0-9a-fA-F:.%]+\]):\d{1,5}"
FROM_FILES = (
    "profile", "kind", "scheduler", *TLS, *COUNTS,
    "cores", "memory", "walltime", "queue", "account", "interface", "threads_per_worker", "memory_limit",
)  # fmt: skip


def chosen(
    workers: int | None, local: int | None, scheduler: str | None, cluster: str | None, table: Table | None = None
) -> dict[str, Any]:
    """The checked table of the one option that is given; that of the sweep file, or threads, where none is."""
    given: dict[str, dict[str, Any]] = {}
    if workers is not None:
        given["workers"] = {"kind": "threads", "workers": workers}
    if local is not None:
        given["local"] = {"kind": "local", "processes": local}
    if scheduler is not None:
        given["scheduler"] = {"scheduler": scheduler}
    if cluster is not None:
        given["cluster"] = {"profile": cluster}
    if len(given) > 1:
        first, second, *_ = given
        raise InputError(f"--{second}: does not go with --{first}; say one place where it runs")
    if given:
        return checked(next(iter(given.values())))
    return checked(_harmless(table)) if table else {"kind": "threads"}


def _harmless(table: Table) -> Table:
    """The table of a sweep file, which somebody else may have written: of what it may say nothing runs as code."""
    for name, value in table.items():
        if name not in FROM_FILES:
            raise InputError(
                f"cluster.{name}: is not allowed in a sweep file, for it may run code; "
                f"allowed are {', '.join(FROM_FILES)}; the rest goes into {CONFIGURATION}"
            )
        if not isinstance(value, int | float) and not re.fullmatch(r"[\w .:/@%+~-]*", str(value), re.ASCII):
            raise InputError(
                f"cluster.{name}: {value!r} is not allowed in a sweep file; it is a number or a plain word"
            )
    return table


def profile(name: str) -> dict[str, Any]:
    """The table of this name in the user's configuration."""
    try:
        tables = tomllib.loads(CONFIGURATION.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"cluster: {name!r} is not known; describe it in {CONFIGURATION}, which does not exist"
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(f"{CONFIGURATION}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    table = pick(f"cluster in {CONFIGURATION}", name, tables)
    if not isinstance(table, dict) or "profile" in table:
        raise InputError(f"{CONFIGURATION}: {name} is not a table that says where to run, by kind or scheduler")
    return dict(table)


def checked(table: Table) -> dict[str, Any]:
    """A table whose names and kinds are right; one that names a profile is filled from it."""
    if "profile" in table:
        return checked(profile(table["profile"]) | {key: v for key, v in table.items() if key != "profile"})
    try:
        json.dumps(dict(table))
    except TypeError as error:
        raise InputError(f"cluster: {error}; its entries are text, numbers, truth values, lists and tables") from None
    if "scheduler" in table:
        extra = set(table) - {"scheduler", *TLS}
        if extra:
            raise InputError(
                f"cluster.{min(extra)}: does not go with a scheduler's address; allowed is {', '.join(TLS)}"
            )
        if not re.fullmatch(ADDRESS, str(table["scheduler"])):
            raise InputError(
                f"cluster.scheduler: {table['scheduler']!r} is not of the form tcp://host:port or tls://host:port"
            )
    else:
        if "kind" not in table:
            raise InputError(
                f"cluster: {', '.join(map(str, table)) or 'nothing'} does not say where to run; "
                "it needs kind, scheduler or profile"
            )
        kind = table["kind"]
        pick("cluster.kind", kind, KINDS)
        for field in COUNTS:
            number = table.get(field, 1)
            if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= MOST:
                raise InputError(f"{field}: {number!r} is not allowed; it is a whole number from 1 to {MOST}")
        if kind == "threads" and (extra := set(table) - {"kind", "workers"}):
            raise InputError(f"cluster.{min(extra)}: does not go with threads; allowed is workers")
        for field in {"jobs", "workers"} & table.keys():
            if kind != "threads" and field != count(kind):
                raise InputError(f"cluster.{field}: does not go with {kind}; its number is {count(kind)}")
    return dict(table)


def count(kind: str) -> str:
    """The entry that says how many of them."""
    return {"threads": "workers", "local": "processes"}.get(kind, "jobs")
