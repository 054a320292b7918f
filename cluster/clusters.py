"""Where a run runs, started or reached, as a table says (posse.cluster.tables).

engine(table)      the engine; what was started for it ends with it
connected(table)   a client of the Dask cluster
require(table)     refuse what cannot be started here
"""

import asyncio
import logging
import socket
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from importlib import import_module
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from posse.cluster.batch import jobs_kept
from posse.cluster.engine import Engine
from posse.cluster.interrupts import held
from posse.cluster.local import Threads
from posse.cluster.tables import KINDS, TLS, Table, checked, count
from posse.kernels.errors import ClusterError, InputError, PosseError, in_words

LOOPBACK = "127.0.0.1"
DASHBOARD = 8787  # port where Dask's users look for it
TIMEOUT = 30.0  # seconds to reach a scheduler
FAREWELL = 5.0  # seconds for it to hear that a client leaves


class InsecureWarning(UserWarning):
    """Whoever reaches the scheduler over the network can run code on its workers."""


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


def require(table: Table) -> None:
    """Raise InputError where the package that starts such a cluster is not installed."""
    _maker(table["kind"])


def _maker(kind: str) -> Callable[..., Any] | None:
    """What starts a cluster of this kind."""
    module, _, name = KINDS[kind].rpartition(".")
    return getattr(_load(module), name) if module else None


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
    try:
        if isinstance(where, str):
            _warn_if_open(where)
            asyncio.run(_greet(where, security))
        client = distributed.Client(where, security=security, timeout=TIMEOUT, set_as_default=False)
    except PosseError:
        raise
    except Exception as error:  # certificates that are none, no answer in time, a protocol that is not installed
        raise ClusterError(f"{where}: no scheduler answers there ({in_words(error)})") from error
    try:
        yield client
    finally:
        client.close(timeout=FAREWELL)


async def _greet(address: str, security: Any) -> None:
    """Wait for a scheduler to say who it is; a client would wait without end for one that never does."""
    connect: Any = _load("distributed.comm").connect

    async def ask() -> None:
        comm = await connect(address, timeout=TIMEOUT, **security.get_connection_args("client"))
        try:
            await comm.write({"op": "identity"})
            if dict(await comm.read()).get("type") != "Scheduler":
                raise ClusterError(f"{address}: is no Dask scheduler")
        finally:
            comm.abort()

    await asyncio.wait_for(ask(), TIMEOUT)


def _security(table: Table) -> Any:
    """Certificates; those of Dask's own configuration where the table has none."""
    given = {field: str(Path(str(table[field])).expanduser()) for field in TLS if field in table}
    for field, path in given.items():
        if not Path(path).is_file():
            raise InputError(f"cluster.{field}: there is no file {path}")
    security = _load("distributed").Security
    names = {"tls_ca": "tls_ca_file", "tls_cert": "tls_client_cert", "tls_key": "tls_client_key"}
    found = security(require_encryption=True, **{names[k]: v for k, v in given.items()}) if given else security()
    if str(table["scheduler"]).startswith(("tls:", "wss:")) and not found.tls_ca_file:
        raise InputError(f"cluster.scheduler: {table['scheduler']} needs certificates: {', '.join(TLS)} in a profile")
    return found


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
    kind, counted = table["kind"], count(table["kind"])
    number, options = table.get(counted, 1), {k: v for k, v in table.items() if k not in ("kind", counted)}
    make = _maker(kind)
    assert make, "threads are no cluster"
    with ExitStack() as ends:
        try:
            # Distributed complains at the end of one that has half started, and where somebody was faster to take the
            # port of a dashboard, for which it finds another. Kubernetes may take minutes.
            with warnings.catch_warnings(), nullcontext() if kind == "kubernetes" else held():
                warnings.filterwarnings("ignore", "Port .* is already in use")
                cluster = ends.enter_context(make(**_with_defaults(options, _defaults(kind, number))))
        except (TypeError, ValueError, OSError, RuntimeError) as error:
            given = ", ".join(sorted(options)) or "nothing"  # by name: their values may be credentials
            raise ClusterError(f"cluster: {kind} cannot be started with {given}: {in_words(error)}") from error
        _warn_if_open(str(cluster.scheduler_address))
        if KINDS[kind].startswith("dask_jobqueue."):
            ends.enter_context(jobs_kept(cluster, number))
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
            "silence_logs": logging.CRITICAL,  # at an error, even a worker that hears late of its end complains
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
