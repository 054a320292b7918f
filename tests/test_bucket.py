"""Cubes in an object store: a server that speaks S3, and one that refuses, hangs and loses its answers."""

import random
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

import posse as module
from dask_processes import Processes, answer, posse, wait_until
from posse.cluster.run import run
from posse.kernels.errors import InputError, ServiceError, StoreError
from posse.sweeps import bucket, records
from posse.sweeps.store import Store, open_store
from s3_server import BUCKET, SECRET, Proxy, S3Server, environment
from stores import begin, files, timeless

SWEEP = """
game = "restraint"
[axes]
diversity = { linspace = [0, 1, 40] }
cap_observer = { geomspace = [0.1, 5, 40] }
"""


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    pytest.importorskip("moto", reason="needs moto[server], an object store that runs here")
    with S3Server() as found:
        yield found


@pytest.fixture
def address(server: S3Server, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """Where nothing is so far, in a bucket that this process can use."""
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{re.sub('[^a-z]', '-', request.node.name)}"


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("spec") / "sweep.toml"
    path.write_text(SWEEP)
    return path


@pytest.fixture(scope="module")
def quiet(spec: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the cube that a quiet run makes in a folder."""
    cube = begin(spec, tmp_path_factory.mktemp("quiet") / "cube")
    run(cube.sweep, cube.store, progress=False)
    return files(Path(str(cube.store)))


def objects(store: Store) -> dict[str, bytes]:
    """As `stores.files`, of a bucket."""
    found = {key: store.get(key) or b"" for prefix in ("regime", "payoff", "diversity", "cap_observer", "player",
             ".posse", ".posse/records", "") for key, _, _ in listed(store, prefix)}  # fmt: skip
    return timeless(found)


def listed(store: Store, prefix: str) -> list[tuple[str, int, float]]:
    """All below a prefix, or in the root; arrays keep their own below another folder."""
    here = list(store.keys(prefix)) if prefix else [e for e in store.keys("") if "/" not in e.key]
    return [*here, *(store.keys(f"{prefix}/c") if prefix and not prefix.startswith(".") else ())]


# What a store promises, on both kinds


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return open_store(tmp_path / "store" if request.param == "folder" else request.getfixturevalue("address"))


def test_a_store_keeps_what_it_was_given(store: Store) -> None:
    assert not store.exists()
    assert store.get("a") is None
    assert list(store.keys("a")) == []
    store.put({"a/one": b"1", "a/two": memoryview(b"22"), "b": bytes(300_000)})
    assert store.exists()
    assert (store.get("a/one"), store.get("a/two"), store.get("b")) == (b"1", b"22", bytes(300_000))
    assert {(entry.key, entry.size) for entry in store.keys("a")} == {("a/one", 1), ("a/two", 2)}
    assert store.size() == 300_003
    store.put({"a/one": b"other"})
    assert store.get("a/one") == b"other"


def test_the_first_of_several_writers_wins(store: Store) -> None:
    assert store.put_if_absent("a", b"first")
    assert not store.put_if_absent("a", b"second")
    assert store.get("a") == b"first"


def test_a_sweep_makes_the_same_cube_in_both(spec: Path, quiet: dict[str, bytes], address: str) -> None:
    cube = begin(spec, address)
    ds = cube.sweep.run(address, progress=False) if isinstance(cube.sweep, module.Sweep) else None
    assert objects(cube.store) == quiet
    whole = module.Sweep.from_toml(spec).evaluate()
    assert ds is not None
    np.testing.assert_array_equal(ds.regime, whole.regime)
    np.testing.assert_array_equal(ds.payoff, whole.payoff)


def test_a_cube_grows_in_a_bucket(address: str) -> None:
    """Into what the larger sweep is, axis by axis; what was there keeps its bytes, and all of it is verified."""
    small, large = (
        module.Sweep("restraint", {"resolve": resolve, "case": {"cap_leader": strength}})
        for resolve, strength in (([0, 1], [1.0, 2.0]), ([0, 0.5, 1], [1.0, 2.0, 3.0]))
    )
    small.run(address, progress=False)
    before = objects(open_store(address))
    grown = large.grow(address, progress=False)
    np.testing.assert_array_equal(grown.regime.values, large.evaluate().regime.values)
    assert before.items() <= objects(open_store(address)).items()
    job = module.Job(address)
    assert (job.status().state, job.status().done, job.verify()) == ("complete", 3, [])


# A service that does not serve


@pytest.mark.parametrize("trouble", [500, 503, "drop", "lose", "hang"])
def test_a_service_in_trouble(
    server: S3Server, spec: Path, quiet: dict[str, bytes], address: str, monkeypatch: pytest.MonkeyPatch,
    trouble: str | int,
) -> None:  # fmt: skip
    """One request in eight is refused, dropped, not answered, or done and its answer lost; the cube is the same."""
    dice = random.Random(str(trouble))
    monkeypatch.setattr(bucket, "TIMEOUT", timedelta(seconds=1))
    cube = begin(spec, address)
    often = 30 if trouble == "hang" else 8
    with Proxy(server, lambda method, path: trouble if dice.randrange(often) == 0 else None) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        job = module.Job(address)
        for _ in range(20):  # a conditional put whose answer is lost cannot be tried again blindly: the run says so
            with suppress(ServiceError):
                job.resume(progress=False)
                break
    assert sum(order is not None for *_, order in proxy.said) > 3
    assert objects(cube.store) == quiet


def test_a_put_that_was_done_and_whose_answer_was_lost(
    server: S3Server, spec: Path, quiet: dict[str, bytes], address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one record: the block is recorded, once, and the run goes on from there."""
    lost: list[str] = []

    def script(method: str, path: str) -> str | None:
        if method == "PUT" and records.RECORDS in path and not lost:
            lost.append(path)
            return "lose"
        return None

    cube = begin(spec, address)
    with Proxy(server, script) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        job = module.Job(address)
        try:
            job.resume(progress=False)
        except StoreError:
            job.resume(progress=False)
    assert len(lost) == 1
    assert sum((method, path) == ("PUT", lost[0]) for method, path, _ in proxy.said) <= 2
    assert objects(cube.store) == quiet


@pytest.mark.slow
def test_workers_on_a_service_in_trouble(
    server: S3Server, spec: Path, quiet: dict[str, bytes], address: str, tmp_path: Path
) -> None:
    """Dask, a worker that is killed, and one request in ten that is refused."""
    cube, dice = begin(spec, address), random.Random(7)
    with Proxy(server, lambda method, path: 503 if dice.randrange(10) == 0 else None) as proxy:
        variables = server.environment(proxy.endpoint)
        with Processes(tmp_path / "dask", **variables) as cluster:
            worker = cluster.start_worker()
            order = ["resume", address, "--scheduler", cluster.address, "--no-progress"]
            client = posse(*order, env=environment(variables))
            wait_until(lambda: len(records.recorded(cube.store, 10**9)) > 3)
            cluster.kill(worker)
            cluster.start_worker()
            assert answer(client)[::2] == (0, "")
    assert objects(cube.store) == quiet


# What goes wrong, and what must not be seen


@pytest.mark.slow
def test_no_credentials_in_a_cube_a_log_or_an_error(server: S3Server, spec: Path, address: str, tmp_path: Path) -> None:
    variables = server.environment()
    cube = begin(spec, address)
    with Processes(tmp_path / "dask", **variables) as cluster:
        cluster.start_worker()
        order = ["resume", address, "--scheduler", cluster.address, "--no-progress"]
        status, out, said = answer(posse(*order, env=environment(variables)))
        assert status == 0
        logs = "".join(log.read_text() for log in cluster.logs)
    wrong = environment(variables | {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    every = [out, said, logs, *(data.decode("latin-1") for data in objects(cube.store).values())]
    every += [(cube.store.get(entry.key) or b"").decode() for entry in cube.store.keys(".posse/runs")]
    assert "block 3 is recorded" in logs
    assert not any(SECRET in text or "posse-test" in text for text in every)
    for written in (f"s3://me:{SECRET}@{BUCKET}/cube", f"s3://{SECRET}@{BUCKET}/cube", f"gs://me:{SECRET}@x/y"):
        status, out, said = answer(posse("status", written, env=wrong))
        assert (status, out, said.count("\n")) == (2, "", 1)
        assert SECRET not in said


def test_a_bucket_that_is_not_there(address: str, spec: Path) -> None:
    with pytest.raises(StoreError, match=r"s3://nowhere/cube.*: there is no such bucket"):
        begin(spec, "s3://nowhere/cube")


@pytest.mark.parametrize(
    "written", ["s3://", "s3://bucket", "s3://bucket/", "s3:///path", "gs://bucket/path", "https://x/y"]
)
def test_addresses_of_another_form(written: str) -> None:
    with pytest.raises(InputError, match="s3://bucket/path"):
        open_store(written)


def test_a_damaged_object_is_found_and_repaired(spec: Path, quiet: dict[str, bytes], address: str) -> None:
    cube = begin(spec, address)
    run(cube.sweep, cube.store, progress=False)
    key = "payoff/c.2.1.1"
    chunk = bytearray(cube.store.get(key) or b"")
    chunk[len(chunk) // 2] ^= 1
    cube.store.put({key: bytes(chunk)})
    with pytest.raises(StoreError, match="damaged"):
        module.open_cube(address).payoff.load()
    job = module.Job(address)
    assert [damage.key for damage in job.verify()] == [key]
    assert [damage.key for damage in job.verify(repair=True)] == [key]
    assert job.verify() == []
    assert objects(cube.store) == quiet


@pytest.mark.parametrize("endpoint", ["localhost:9000", "http://", "http://a host:9000", "secret"])
def test_an_endpoint_that_is_none_is_refused(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(InputError, match="AWS_ENDPOINT_URL: is not of the form https://host") as error:
        open_store("s3://bucket/cube").exists()
    assert "\n" not in str(error.value)


def test_a_signed_address_is_refused_and_not_shown() -> None:
    with pytest.raises(InputError) as error:
        open_store("s3://bucket/cube?X-Amz-Signature=hidden")
    assert "hidden" not in str(error.value)
