"""A sweep on a real SLURM, whose jobs are cancelled, run out of time, and whose controller is started anew."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

import posse as module
from dask_processes import LOOPBACK, answer, posse, wait_until
from posse.cluster.run import run
from posse.sweeps import blocks
from posse.sweeps.cube import Cube
from slurm import Slurm, why_not
from stores import files, prints, same

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why_not()), reason=why_not())]

# Blocks that take a third of a second, until somebody is in a hurry.
SLOW = """
import os, time
from posse.sweeps.cube import Cube
def slowly(cube, number, *room):
    time.sleep(0 if os.path.exists(HURRY) else 0.3)
    return Cube.solve(cube, number, *room)
if not hasattr(Cube, "solve"):
    Cube.solve, Cube.solve_block = Cube.solve_block, slowly
"""
PROFILE = """
[here]
kind = "slurm"
jobs = 2
cores = 1
memory = "1GB"
walltime = "00:10:00"
interface = "lo"
local_directory = "{folder}/spill"
log_directory = "{folder}/logs"
worker_extra_args = ["--preload", "{folder}/slow.py"]
"""


@pytest.fixture
def slurm() -> Iterator[Slurm]:
    folder = Path(mkdtemp(prefix="posse-slurm-"))
    folder.chmod(0o755)
    try:
        with Slurm(folder / "slurm") as found:
            yield found
    finally:
        shutil.rmtree(folder)


def test_jobs_come_and_go(slurm: Slurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "POINTS", 150)
    sweep = module.Sweep(
        "restraint",
        {
            "diversity": {"linspace": [0, 1, 60]},
            "cap_observer": {"geomspace": [0.1, 5, 60]},
            "resolve": {"linspace": [0, 1, 20]},
        },
    )
    run(sweep, tmp_path / "quiet", progress=False)
    cube = Cube.create(sweep, tmp_path / "cube")
    (tmp_path / "slow.py").write_text(f"HURRY = {str(tmp_path / 'hurry')!r}\n{SLOW}")
    configuration = tmp_path / "home" / "posse" / "clusters.toml"
    configuration.parent.mkdir(parents=True)
    configuration.write_text(PROFILE.format(folder=tmp_path))
    job = module.Job(cube.store)

    def further(blocks: int = 5) -> None:
        done = job.status().done
        wait_until(lambda: job.status().done >= done + blocks, 120)

    variables = slurm.environment | {"XDG_CONFIG_HOME": str(tmp_path / "home")}
    client = posse("resume", cube.store, "--cluster", "here", "--no-progress", env=variables)
    try:
        further()
        before, first = prints(tmp_path / "cube"), slurm.jobs()
        slurm.call("scancel", first[0])
        wait_until(lambda: any(number not in first for number in slurm.jobs()), 120)  # another comes in its place
        further()
        slurm.controller.terminate()  # workers go on without their batch system
        slurm.controller.wait()
        further()
        slurm.start_controller()
        wait_until(lambda: len(slurm.jobs()) == 2, 120)
        second = slurm.jobs()
        slurm.call("scontrol", "update", f"jobid={second[0]}", "EndTime=now")
        wait_until(lambda: second[0] not in slurm.jobs(), 120)  # out of time
        (tmp_path / "hurry").touch()
        status, _, said = answer(client, 300)
    finally:
        client.kill()
    assert status == 0, said
    assert before.items() <= prints(tmp_path / "cube").items()
    same(tmp_path / "cube", files(tmp_path / "quiet"))
    wait_until(lambda: slurm.jobs() == [])  # none is left behind
    run_of_it = job.status().run
    assert run_of_it
    assert LOOPBACK in run_of_it.where


def small(slurm: Slurm, folder: Path, entries: str) -> tuple[tuple[int, str, str], module.Job]:
    """A small sweep, run on jobs with these entries in the profile: status, output and errors, and its job."""
    configuration = folder / "home" / "posse" / "clusters.toml"
    configuration.parent.mkdir(parents=True)
    profile = PROFILE.replace("worker_extra_args", "# worker_extra_args").format(folder=folder)
    configuration.write_text(profile + entries)
    cube = Cube.create(module.Sweep("restraint", {"diversity": {"linspace": [0, 1, 60]}}), folder / "cube")
    variables = slurm.environment | {"XDG_CONFIG_HOME": str(folder / "home")}
    child = posse("resume", cube.store, "--cluster", "here", "--no-progress", env=variables)
    return answer(child, 300), module.Job(cube.store)


def test_a_batch_system_that_refuses_jobs_ends_the_run(slurm: Slurm, tmp_path: Path) -> None:
    (status, out, said), job = small(slurm, tmp_path, 'queue = "nowhere"\n')
    assert (status, out, said.count("\n")) == (1, "", 1), said
    assert "the batch system refuses the job: sbatch: error: invalid partition specified: nowhere" in said
    assert job.status().done == 0


def test_jobs_with_certificates_of_their_own(slurm: Slurm, tmp_path: Path) -> None:
    (status, _, said), job = small(slurm, tmp_path, f'security = true\nshared_temp_directory = "{tmp_path}"\n')
    assert (status, said) == (0, "")
    run_of_it = job.status().run
    assert run_of_it
    assert f"tls://{LOOPBACK}" in run_of_it.where
