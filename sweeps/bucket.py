"""A store in a bucket of an object store that speaks S3: Amazon's, MinIO, Ceph and their kin.

Endpoint, region and credentials come from the usual environment variables (AWS_ENDPOINT_URL, AWS_REGION,
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and so on) and are never written down. A request that the service refuses with
an error of its own, or does not answer, is tried again for some minutes.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from posse.kernels.errors import InputError, PosseError, ServiceError, StoreError
from posse.sweeps.direct import Content
from posse.sweeps.store import Entry, in_order

if TYPE_CHECKING:
    from obstore.store import S3Store
    from zarr.storage import ObjectStore

T = TypeVar("T")

PATIENCE = timedelta(minutes=3)  # with a service that does not serve
TIMEOUT = timedelta(seconds=30)  # for an answer
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")


class Bucket:
    """Objects by key in a bucket; see posse.sweeps.store."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        written = self.url.removeprefix("s3://")
        name, _, path = written.partition("/")
        if "@" in written or ":" in name or "?" in written or not (name and path):
            raise InputError(
                f"s3://{written.rpartition('@')[2].partition('?')[0]}: is not of the form s3://bucket/path; "
                "credentials and endpoint come from environment variables"
            )

    def __str__(self) -> str:
        return self.url

    def __getstate__(self) -> dict[str, str]:
        return {"url": self.url}  # the credentials stay here

    @cached_property
    def _objects(self) -> "S3Store":
        try:
            from obstore.store import S3Store
        except ImportError:
            raise InputError(f"{self}: needs the package obstore; install posse[cluster]") from None
        variable = next((name for name in ENDPOINTS if os.environ.get(name)), "")
        endpoint = os.environ.get(variable)
        if endpoint and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", endpoint):  # not shown: it may hold a password
            raise InputError(f"{variable}: is not of the form https://host or http://host:port")
        settings: dict[str, Any] = {
            "config": {"checksum_algorithm": "SHA256"} | ({"endpoint": endpoint} if endpoint else {}),
            "client_options": {"allow_http": (endpoint or "").startswith("http://"), "timeout": TIMEOUT},
            "retry_config": {
                "retry_timeout": PATIENCE,
                "max_retries": 30,
                "backoff": {"max_backoff": timedelta(seconds=15)},
            },
        }
        try:
            return S3Store.from_url(self.url, **settings)
        except Exception as error:
            raise self._explained(error) from None

    def below(self, name: str) -> "Bucket":
        return Bucket(f"{self.url}/{name}")

    def exists(self) -> bool:
        return next(self._list(""), None) is not None

    def get(self, key: str) -> bytes | None:
        try:
            return self._objects.get(key).bytes().to_bytes()
        except FileNotFoundError:
            return None
        except Exception as error:
            raise self._explained(error, key) from None

    def put(self, objects: Mapping[str, Content]) -> None:
        for _ in in_order(self._put, objects.items(), patience=0):
            pass

    def _put(self, item: tuple[str, Content]) -> None:
        key, data = item
        self._call(key, lambda: self._objects.put(key, data, use_multipart=False))
        if self.get(key) != data:
            raise ServiceError(f"{self}/{key}: reads back otherwise than it was written; check the object store")

    def put_if_absent(self, key: str, data: bytes) -> bool:
        from obstore.exceptions import AlreadyExistsError

        try:
            self._call(key, lambda: self._objects.put(key, data, mode="create", use_multipart=False))
        except AlreadyExistsError:
            return False
        return True

    def keys(self, prefix: str) -> Iterator[Entry]:
        for entry in self._list(f"{prefix}/"):
            if "/" not in entry.key.removeprefix(f"{prefix}/"):
                yield entry

    def size(self) -> int:
        return sum(entry.size for entry in self._list(""))

    def _list(self, prefix: str) -> Iterator[Entry]:
        try:
            for page in self._objects.list(prefix or None):
                for found in page:
                    yield Entry(found["path"], found["size"], found["last_modified"].timestamp())
        except Exception as error:
            raise self._explained(error) from None

    def free(self) -> None:
        return None

    def sweep_partial(self) -> None:
        """Nothing: an object appears when it is whole."""

    def zarr(self) -> "ObjectStore[S3Store]":
        from zarr.storage import ObjectStore

        return ObjectStore(self._objects, read_only=True)

    def _call(self, key: str, request: Callable[[], T]) -> T:
        from obstore.exceptions import AlreadyExistsError

        try:
            return request()
        except AlreadyExistsError:
            raise
        except Exception as error:
            raise self._explained(error, key) from None

    def _explained(self, error: Exception, key: str = "") -> Exception:
        """What is the matter, in one line; what the service answered may hold anything and is not shown."""
        if isinstance(error, PosseError):
            return error
        where = f"{self}/{key}" if key else str(self)
        kind = type(error).__name__
        if kind in ("PermissionDeniedError", "UnauthenticatedError"):
            return StoreError(f"{where}: access denied; check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        if isinstance(error, FileNotFoundError) or "NoSuchBucket" in str(error):
            return StoreError(f"{where}: there is no such bucket; create it, or check AWS_ENDPOINT_URL")
        return ServiceError(f"{where}: the object store does not serve ({kind}); check AWS_ENDPOINT_URL, or try again")
