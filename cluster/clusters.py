"""Where a run can run: a table says it, in a spec file, in the user's configuration, or as a dict.

    {"kind": "threads", "workers": 4}        threads of this process; what holds where nothing is said
    {"kind": "local", "processes": 4}        a Dask cluster of processes of this machine
    {"scheduler": "tls://10.0.0.5:8786"}     a Dask cluster that runs already
    {"kind": "slurm", "jobs": 20, ...}       one of jobs of a batch system, by dask-jobqueue
    {"profile": "uni"}                       what the user has written down in CONFIGURATION

    chosen(...)        the table that a command line's options and spec amount to
    engine(table)      the engine; what was started for it ends with it

Entries that are not named here go, as they are, to the class that starts the cluster.
"""

import logging
import socket
import tomllib
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from platformdirs import user_config_path

from posse.cluster.batch import jobs_kept
from posse.cluster.engine import Engine
from posse.cluster.local import Threads
from posse.kernels.errors import ClusterError, InputError, in_words, pick

Table = Mapping[str, Any]

log = logging.getLogger("posse")

CONFIGURATION = user_config_path("posse") / "clusters.toml"
TLS = ("tls_ca", "tls_cert", "tls_key")
LOOPBACK = "127.0.0.1"
DASHBOARD = 8787  # port where Dask's users look for it
TIMEOUT = 30.0  # seconds to reach a scheduler

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


class InsecureWarning(UserWarning):
    """Whoever reaches the scheduler over the network can run code on its workers."""


def chosen(
    workers: int | None, local: int | None, scheduler: str | None, cluster: str | None, table: Table | None = None
) -> dict[str, Any]:
    """The checked table of the one option that is given; that of the spec, or threads, where none is."""
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
    return checked(next(iter(given.values()), table or {"kind": "threads"}))


@contextmanager
def engine(table: Table) -> Iterator[Engine]:
    """The engine that a table describes."""
    table = checked(table)
    if table.get("kind") == "threads":
        yield Threads(table.get("workers"))
        return
    with connected(table) as client:
        from posse.cluster.workers import Workers

        yield Workers(client)


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
    return dict(pick(f"cluster in {CONFIGURATION}", name, tables))


def checked(table: Table) -> dict[str, Any]:
    """A table whose names and kinds are right; one that names a profile is filled from it."""
    if "profile" in table:
        return checked(profile(table["profile"]) | {key: v for key, v in table.items() if key != "profile"})
    if "scheduler" in table:
        extra = set(table) - {"scheduler", *TLS}
        if extra:
            raise InputError(
                f"cluster.{min(extra)}: does not go with a scheduler's address; allowed is {', '.join(TLS)}"
            )
        scheme, separator, host = str(table["scheduler"]).partition("://")
        if scheme not in ("tcp", "tls", "ucx", "ws", "wss") or not separator or ":" not in host:
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
            if not isinstance(number, int) or isinstance(number, bool) or number < 1:
                raise InputError(f"{field}: {number!r} is not allowed; it is a whole number from 1")
        if kind == "threads" and (extra := set(table) - {"kind", "workers"}):
            raise InputError(f"cluster.{min(extra)}: does not go with threads; allowed is workers")
        for field in {"jobs", "workers"} & table.keys():
            if kind != "threads" and field != _count(kind):
                raise InputError(f"cluster.{field}: does not go with {kind}; its number is {_count(kind)}")
    return dict(table)


def require(table: Table) -> None:
    """Raise InputError where the package that starts such a cluster is not installed."""
    _maker(table["kind"])


def _maker(kind: str) -> Callable[..., Any] | None:
    """What starts a cluster of this kind."""
    module, _, name = KINDS[kind].rpartition(".")
    return getattr(_load(module), name) if module else None


def _count(kind: str) -> str:
    """The entry that says how many of them."""
    return {"threads": "workers", "local": "processes"}.get(kind, "jobs")


@contextmanager
def connected(table: Table) -> Iterator[Any]:
    """A client of the cluster that a table describes; a cluster that was started for it ends with it."""
    table = checked(table)
    if "scheduler" in table:
        with _client(str(table["scheduler"]), _security(table)) as client:
            yield client
    else:
        with _started(table) as cluster, _client(cluster, None) as client:
            yield client


@contextmanager
def _client(where: Any, security: Any) -> Iterator[Any]:
    distributed = _load("distributed")
    logging.getLogger("distributed.client").setLevel(logging.ERROR)  # what is lost with a worker is solved again
    if isinstance(where, str):
        _warn_if_open(where)
    try:
        client = distributed.Client(where, security=security, timeout=TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:  # no answer in time is an OSError too
        raise ClusterError(f"{where}: no scheduler answers there ({in_words(error)})") from error
    with client:
        yield client


def _security(table: Table) -> Any:
    """Certificates; those of Dask's own configuration where the table has none."""
    given = {field: str(Path(table[field]).expanduser()) for field in TLS if field in table}
    for field, path in given.items():
        if not Path(path).is_file():
            raise InputError(f"cluster.{field}: there is no file {path}")
    security = _load("distributed").Security
    names = {"tls_ca": "tls_ca_file", "tls_cert": "tls_client_cert", "tls_key": "tls_client_key"}
    return security(require_encryption=True, **{names[k]: v for k, v in given.items()}) if given else security()


def _warn_if_open(address: str) -> None:
    scheme, _, rest = address.partition("://")
    host = rest.rpartition(":")[0].strip("[]")
    if scheme in ("tls", "wss") or _is_loopback(host):
        return
    warnings.warn(
        f"{address}: without TLS whoever reaches this port can run any code on the workers, and read what is sent; "
        "use tls:// and certificates (docs/clusters.md)",
        InsecureWarning,
        stacklevel=4,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _started(table: Table) -> Iterator[Any]:
    """A cluster of the kind, its workers kept at the number that was asked for."""
    kind, counted = table["kind"], _count(table["kind"])
    number, options = table.get(counted, 1), {k: v for k, v in table.items() if k not in ("kind", counted)}
    make = _maker(kind)
    assert make, "threads are no cluster"
    try:
        cluster = make(**_with_defaults(options, _defaults(kind, number)))
    except (TypeError, ValueError, OSError, RuntimeError) as error:
        given = ", ".join(sorted(options)) or "nothing"  # by name: their values may be credentials
        raise ClusterError(f"cluster: {kind} cannot be started with {given}: {in_words(error)}") from error
    with cluster:
        _warn_if_open(str(cluster.scheduler_address))
        if KINDS[kind].startswith("dask_jobqueue."):
            with jobs_kept(cluster, number):
                yield cluster
        else:
            cluster.scale(number)
            yield cluster


def _defaults(kind: str, number: int) -> dict[str, Any]:
    """Options that hold where the table does not say otherwise: dashboards listen to this machine only."""
    dashboard = f"{LOOPBACK}:{DASHBOARD if _is_free(DASHBOARD) else 0}"
    if kind == "local":
        return {
            "n_workers": number,
            "threads_per_worker": 1,
            "host": LOOPBACK,
            "dashboard_address": dashboard,
            "silence_logs": logging.ERROR,
        }
    return {} if kind == "kubernetes" else {"scheduler_options": {"dashboard_address": dashboard}}


def _with_defaults(options: Table, defaults: Table) -> dict[str, Any]:
    """Options, and the defaults for what they leave out, also within the tables that both have."""
    merged = {**defaults, **options}
    for name in defaults.keys() & options.keys():
        if isinstance(defaults[name], Mapping) and isinstance(options[name], Mapping):
            merged[name] = {**defaults[name], **options[name]}
    return merged


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        try:
            one.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _load(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0].replace("_", "-")
        extra = "" if package == "dask-kubernetes" else ", or posse[cluster]"
        raise InputError(f"cluster: needs the package {package}; install it{extra} ({in_words(error)})") from None
