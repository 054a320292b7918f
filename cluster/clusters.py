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
from contextlib import contextmanager, suppress
from importlib import import_module
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread
from typing import Any

from platformdirs import user_config_path

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
CARE = 15.0  # seconds between looks for workers that the batch system has killed

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
        pick("cluster.kind", table.get("kind", ""), KINDS)
        for field in ("jobs", "processes", "workers"):
            number = table.get(field, 1)
            if not isinstance(number, int) or isinstance(number, bool) or number < 1:
                raise InputError(f"{field}: {number!r} is not allowed; it is a whole number from 1")
        if table["kind"] == "threads" and (extra := set(table) - {"kind", "workers"}):
            raise InputError(f"cluster.{min(extra)}: does not go with threads; allowed is workers")
    return dict(table)


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
    kind, counted = table["kind"], "processes" if table["kind"] == "local" else "jobs"
    number, options = table.get(counted, 1), {k: v for k, v in table.items() if k not in ("kind", counted)}
    module, _, name = KINDS[kind].rpartition(".")
    make: Callable[..., Any] = getattr(_load(module), name)
    try:
        cluster = make(**_with_defaults(options, _defaults(kind, number)))
    except (TypeError, ValueError, OSError, RuntimeError) as error:
        given = ", ".join(sorted(options)) or "nothing"  # by name: their values may be credentials
        raise ClusterError(f"cluster: {kind} cannot be started with {given}: {in_words(error)}") from error
    with cluster:
        _warn_if_open(str(cluster.scheduler_address))
        if module == "dask_jobqueue":
            with _kept(cluster, number):
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


@contextmanager
def _kept(cluster: Any, number: int) -> Iterator[None]:
    """Have this number of jobs, and order new ones in place of those whose workers went away."""
    over = Event()

    def care() -> None:
        seen: set[Any] = set()
        gone: set[Any] = set()
        while not over.wait(CARE):
            jobs = set(cluster.workers)
            names = [str(worker.name) for worker in list(cluster.scheduler.workers.values())]
            alive = {job for job in jobs if any(f"{name}-".startswith(f"{job}-") for name in names)}
            missed = (seen & jobs) - alive
            lost = missed & gone  # twice in a row: a worker that is just started again is no loss
            for job in lost:
                log.warning("%s: its workers are gone, another is ordered", job)
                cluster.sync(_drop, cluster, job)
            seen, gone = (seen | alive) - lost, missed - lost
            cluster.scale(jobs=number)

    cluster.scale(jobs=number)
    carer = Thread(target=care, name="posse-carer", daemon=True)
    carer.start()
    try:
        yield
    finally:
        over.set()
        carer.join()


async def _drop(cluster: Any, job: Any) -> None:
    """Forget a job; the batch system is told to, which may know already."""
    with suppress(Exception):
        await cluster.workers.pop(job).close()


def _load(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0].replace("_", "-")
        extra = "" if package == "dask-kubernetes" else ", or posse[cluster]"
        raise InputError(f"cluster: needs the package {package}; install it{extra} ({in_words(error)})") from None
