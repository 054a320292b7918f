"""Where a run can run: what a table may say, what is refused in one line, and who may listen."""

import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from datetime import date
from pathlib import Path
from typing import Any

import psutil
import pytest
import tomli_w

import posse
from conftest import Command
from dask_processes import LOOPBACK, Processes, free_port, wait_until
from posse.cluster import clusters, tables
from posse.cluster.clusters import InsecureWarning, connected
from posse.cluster.detached import log_path
from posse.cluster.tables import checked, chosen
from posse.kernels.errors import ClusterError, InputError

SPEC = 'game = "restraint"\n[axes]\ndiversity = { linspace = [0, 1, 20] }\n'


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "sweep.toml"
    path.write_text(SPEC)
    return path


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tables, "CONFIGURATION", tmp_path / "clusters.toml")
    return tmp_path / "clusters.toml"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"kind": "slrum"}, ("kind", "'slrum'", "did you mean 'slurm'")),
        ({"kind": "local", "processes": 0}, ("processes", "0", "from 1")),
        ({"kind": "slurm", "jobs": 2.5}, ("jobs", "2.5", "from 1")),
        ({"kind": "threads", "jobs": 2}, ("cluster.jobs", "threads")),
        ({"scheduler": "10.0.0.5:8786"}, ("cluster.scheduler", "'10.0.0.5:8786'", "tcp://host:port")),
        ({"scheduler": "http://10.0.0.5:8786"}, ("cluster.scheduler", "tls://host:port")),
        ({"scheduler": "tcp://10.0.0.5:abc"}, ("cluster.scheduler", "tcp://host:port")),
        ({"scheduler": "tcp://[::1:8786"}, ("cluster.scheduler", "tcp://host:port")),
        ({"kind": "threads", "workers": 10**23}, ("workers", "from 1 to 10000")),
        ({"kind": "local", "since": date(2026, 1, 1)}, ("cluster", "date", "text, numbers")),
        ({"scheduler": "tls://10.0.0.5:8786", "jobs": 2}, ("cluster.jobs", "tls_ca")),
        ({"class": "os.system"}, ("cluster", "class", "kind")),
        ({"kind": "local", "jobs": 2}, ("cluster.jobs", "local", "processes")),
        ({"kind": "slurm", "workers": 2}, ("cluster.workers", "slurm", "jobs")),
        ({}, ("cluster", "kind")),
    ],
    ids=str,
)
def test_tables_that_are_refused(table: dict[str, Any], words: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as error:
        checked(table)
    assert "\n" not in str(error.value)
    assert all(word in str(error.value) for word in words)


@pytest.mark.parametrize(
    "options",
    [
        ("--local", 2, "--workers", 2),
        ("--local", 2, "--scheduler", "tcp://127.0.0.1:8786"),
        ("--cluster", "uni", "--local", 1),
        ("--local", 0),
        ("--scheduler", "nowhere"),
        ("--cluster", "uni"),
    ],
    ids=str,
)
def test_bad_options_leave_nothing_behind(
    cli: Command, spec: Path, tmp_path: Path, configuration: Path, options: tuple[object, ...]
) -> None:
    for command in (("run", spec, "--store", tmp_path / "cube"), ("submit", spec, "--store", tmp_path / "cube")):
        if command[0] == "submit" and "--workers" in options:
            continue
        status, out, said = cli(*command, *options)
        assert (status, out, said.count("\n")) == (2, "", 1)
        assert not (tmp_path / "cube").exists()


def test_a_profile_is_found_and_its_entries_can_be_replaced(configuration: Path) -> None:
    configuration.write_text('[uni]\nkind = "slurm"\njobs = 20\nqueue = "normal"\n')
    assert chosen(None, None, None, "uni") == {"kind": "slurm", "jobs": 20, "queue": "normal"}
    assert checked({"profile": "uni", "jobs": 2}) == {"kind": "slurm", "jobs": 2, "queue": "normal"}
    with pytest.raises(InputError, match=r"'unl'.*did you mean 'uni'"):
        chosen(None, None, None, "unl")
    configuration.write_text("[uni\n")
    with pytest.raises(InputError, match=r"clusters\.toml: cannot be read"):
        chosen(None, None, None, "uni")


def test_the_table_of_a_sweep_is_no_part_of_it(cli: Command, spec: Path, tmp_path: Path) -> None:
    with_table = tmp_path / "table.toml"
    with_table.write_text(f'{SPEC}[cluster]\nkind = "threads"\nworkers = 1\n')
    assert cli("run", with_table, "--store", tmp_path / "cube", "--no-progress")[0] == 0
    assert cli("run", spec, "--store", tmp_path / "cube", "--no-progress")[1].startswith("nothing left to solve")
    with_table.write_text(f'{SPEC}[cluster]\nkind = "threads"\nworkers = 0\n')
    assert cli("run", with_table, "--store", tmp_path / "other", "--no-progress")[0] == 2


def test_a_scheduler_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "TIMEOUT", 1.0)
    with (
        pytest.raises(ClusterError, match="no scheduler answers there"),
        connected({"scheduler": f"tcp://{LOOPBACK}:{free_port()}"}),
    ):
        pass


def test_a_scheduler_that_accepts_and_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "TIMEOUT", 1.0)
    with socket.socket() as silent:
        silent.bind((LOOPBACK, 0))
        silent.listen()
        address = f"tcp://{LOOPBACK}:{silent.getsockname()[1]}"
        with pytest.raises(ClusterError, match="no scheduler answers there"), connected({"scheduler": address}):
            pass


@pytest.mark.parametrize(
    "table",
    [
        {"kind": "local", "processes": 1, "preload": ["import os; os.system('touch PWNED')"]},
        {"kind": "slurm", "job_script_prologue": ["touch PWNED"]},
        {"kind": "slurm", "queue": "normal\ntouch PWNED"},
        {"kind": "slurm", "walltime": "$(touch PWNED)"},
        {"profile": "uni", "python": "touch PWNED;"},
    ],
    ids=str,
)
def test_a_sweep_file_cannot_run_code(
    table: dict[str, Any], cli: Command, tmp_path: Path, configuration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    configuration.write_text('[uni]\nkind = "local"\n')
    (tmp_path / "sweep.toml").write_text(SPEC + tomli_w.dumps({"cluster": table}))
    for command in ("run", "submit"):
        status, out, said = cli(command, "sweep.toml", "--store", tmp_path / "cube")
        assert (status, out, said.count("\n")) == (2, "", 1)
        assert "is not allowed in a sweep file" in said
    assert not (tmp_path / "cube").exists()
    assert not (tmp_path / "PWNED").exists()


def test_what_is_submitted_imports_nothing_from_the_folder_that_it_is_typed_in(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "platformdirs.py").write_text("open('PWNED', 'w')\n")
    command = [Path(sys.executable).with_name("posse"), "submit", spec, "--store", tmp_path / "cube"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    job = posse.Job(tmp_path / "cube")
    wait_until(lambda: job.status().is_over)
    assert job.status().state == "complete"
    assert not (tmp_path / "PWNED").exists()


def test_logs_are_not_kept_for_ever(spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    old, recent = log_path("old"), log_path("recent")
    for log, days in ((old, 91), (recent, 89)):
        log.write_text("failed")
        os.utime(log, (time.time() - days * 86_400,) * 2)
    command = [Path(sys.executable).with_name("posse"), "submit", spec, "--store", tmp_path / "cube"]
    subprocess.run(command, check=True, capture_output=True)
    assert not old.exists()
    assert recent.exists()
    wait_until(lambda: posse.Job(tmp_path / "cube").status().is_over)


def test_profiles_that_are_none(configuration: Path) -> None:
    configuration.write_text('a = 3\n[[b]]\nkind = "local"\n[c]\nprofile = "c"\n')
    for name in ("a", "b", "c"):
        with pytest.raises(InputError, match=f"{name} is not a table that says where to run"):
            checked({"profile": name})


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        ("tcp://10.0.0.5:8786", True),
        ("tcp://head.example.org:8786", True),
        ("tcp://[2001:db8::1]:8786", True),
        ("tls://10.0.0.5:8786", False),
        ("tcp://127.0.0.1:8786", False),
        ("tcp://localhost:8786", False),
        ("tcp://[::1]:8786", False),
    ],
)
def test_an_open_address_is_warned_of(address: str, warned: bool) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        clusters._warn_if_open(address)
    assert [w.category for w in caught] == [InsecureWarning] * warned
    assert all("can run any code" in str(w.message) for w in caught)


# `posse` in a group of processes of its own, as a terminal starts it; in the background, Ctrl-C would be ignored.
IN_TERMINAL = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from posse.cli import main; main()"
)


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["1 child", "2 children", "3 children", "5 blocks"])
def test_ctrl_c_stops_local_processes_without_noise(tmp_path: Path, moment: str) -> None:
    """Whether they are just starting or at work: it reaches all of them at once."""
    spec, store, wanted = tmp_path / "sweep.toml", tmp_path / "cube", int(moment[0])
    axes = (f"{name} = {{ linspace = [0.1, 1, 1000] }}" for name in ("diversity", "cap_observer", "resolve"))
    spec.write_text("\n".join(['game = "restraint"', 'outputs = ["regime"]', "[axes]", *axes]))
    command = [sys.executable, "-c", IN_TERMINAL, "run", str(spec), "--store", str(store), "--local", "2"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as child:
        process = psutil.Process(child.pid)
        if "block" in moment:
            wait_until(lambda: len(list((store / ".posse" / "records").glob("*"))) >= wanted)
        else:
            wait_until(lambda: len(process.children(recursive=True)) >= wanted)
        began = process.children(recursive=True)
        os.killpg(child.pid, signal.SIGINT)
        said = child.communicate(timeout=60)[1].splitlines()
    assert child.returncode == 130
    assert [line for line in said if not line.startswith("solving")] == said[-1:]
    assert said[-1].startswith("posse: stopped; ")
    assert not psutil.wait_procs(began, timeout=10)[1]
    if "block" in moment:  # what was in work was finished
        chunks, records = list((store / "regime").glob("c.*")), list((store / ".posse" / "records").iterdir())
        assert len(chunks) == len(records) >= int(said[-1].split()[2]) >= wanted


def test_local_processes_listen_to_this_machine_only() -> None:
    with connected({"kind": "local", "processes": 1}) as client:
        children = [psutil.Process(), *psutil.Process().children(recursive=True)]
        listening = [c for child in children for c in child.net_connections() if c.status == psutil.CONN_LISTEN]
        assert client.dashboard_link.startswith(f"http://{LOOPBACK}:")
    assert len(listening) >= 3  # the scheduler, its dashboard, the worker
    assert {c.laddr.ip for c in listening} == {LOOPBACK}


def test_certificates(tmp_path: Path) -> None:
    """A scheduler that takes only those who have one."""
    pytest.importorskip("cryptography", reason="needs cryptography, to make certificates")
    from distributed import Security

    made = Security.temporary()
    files = {"tls_ca": made.tls_ca_file, "tls_cert": made.tls_client_cert, "tls_key": made.tls_client_key}
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    settings = {
        f"DASK_DISTRIBUTED__COMM__TLS__{role}__{what}": tmp_path / f"tls_{what.lower()}"
        for role in ("SCHEDULER", "WORKER", "CLIENT")
        for what in ("CERT", "KEY")
    }
    settings["DASK_DISTRIBUTED__COMM__TLS__CA_FILE"] = tmp_path / "tls_ca"
    sweep = posse.Sweep("restraint", {"diversity": {"linspace": [0, 1, 20]}})
    with Processes(tmp_path / "dask", scheme="tls", **settings) as cluster:
        cluster.start_worker()
        table = {"scheduler": cluster.address} | {name: str(tmp_path / name) for name in files}
        with connected(table) as client:
            ds = sweep.run(tmp_path / "cube", progress=False, client=client)
        job = sweep.submit(tmp_path / "submitted", table)
        for status in job.watch(0.1):
            last = status
        assert last.state == "complete"
    assert ds.regime.size == 20
    with pytest.raises(InputError, match=r"cluster\.tls_key: there is no file"), connected(table | {"tls_key": "none"}):
        pass


def test_a_game_that_is_not_registered_does_not_travel(tmp_path: Path) -> None:
    from dataclasses import replace

    game = replace(posse.game("restraint"), name="mine")
    sweep = posse.Sweep(game, {"diversity": [0.0, 1.0]})
    with connected({"kind": "local", "processes": 1}) as client, pytest.raises(InputError, match=r"mine.*posse\.games"):
        sweep.run(tmp_path / "cube", progress=False, client=client)
    assert not (tmp_path / "cube").exists()


def test_a_taken_port_for_the_dashboard(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        monkeypatch.setattr(clusters, "DASHBOARD", one.getsockname()[1])
        assert clusters._defaults("local", 1)["dashboard_address"] == f"{LOOPBACK}:0"


def test_what_needs_no_cluster_does_not_import_dask_distributed() -> None:
    import subprocess

    code = "import sys, posse; posse.Sweep, posse.Job; import posse.cluster.job; sys.exit('distributed' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
