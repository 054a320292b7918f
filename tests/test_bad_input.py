"""What a user can get wrong: refused in one line, exit status 2, and nothing on the disk is touched.

The line names the field, the value and what is allowed; each case says which words must stand in it.
"""

import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import posse
from posse.kernels.errors import InputError
from posse.sweeps.folder import Folder
from posse.sweeps.sworn import heard, swear

Run = Callable[..., tuple[int, str, str]]

GOOD = """
game = "restraint"
[axes]
diversity = { linspace = [0, 1, 5] }
cap_observer = { geomspace = [0.1, 5, 4] }
[axes.case]
labels = ["Kosovo 1999", "Iraq 2003"]
cap_leader = [0.1425, 0.1518]
cap_target = [0.00204, 0.00664]
"""


def contents(folder: Path) -> dict[str, bytes | None]:
    """All that lies in a folder: bytes of each file, None for a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in sorted(folder.rglob("*"))}


def refusal(result: tuple[int, str, str], words: tuple[str, ...]) -> None:
    """The verdict on a command: status 2, and one line on standard error with these words in it."""
    status, out, err = result
    assert status == 2, err
    assert out == ""
    assert err.endswith("\n")
    assert len(err.splitlines()) == 1, err
    for word in words:
        assert word in err


@pytest.fixture
def run(cli: Run) -> Run:
    return cli


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the commands run, with a good spec."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.toml").write_text(GOOD, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished cube of the good spec. No test may change it."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "good.toml").write_text(GOOD, encoding="utf-8")
    posse.Sweep.from_toml(folder / "good.toml").run(folder / "cube", progress=False)
    return folder / "cube"


# Specs. "GAME" stands for the line that names the game.

FORMS = ("linspace", "geomspace", "values", "file")
SPECS: dict[str, tuple[str, tuple[str, ...]]] = {
    # names
    "unknown game": (
        'game = "restrain"\n[axes]\ndiversity = [0.1]',
        ("game", "'restrain'", "did you mean 'restraint'?"),
    ),
    "unknown parameter on an axis": (
        "GAME\n[axes]\ndiversty = { linspace = [0, 1, 3] }",
        ("parameter", "'diversty'", "did you mean 'diversity'?", "cap_leader"),
    ),
    "unknown parameter among the fixed": (
        "GAME\n[axes]\ndiversity = [0.1]\n[fixed]\nshares = 0.1",
        ("parameter", "'shares'", "did you mean 'share'?"),
    ),
    "unknown parameter in a case": (
        "GAME\n[axes.case]\ncap_leeder = [1, 2]",
        ("axes.case", "'cap_leeder'", "did you mean 'cap_leader'?"),
    ),
    "unknown output": (
        'GAME\noutputs = ["regime", "pay"]\n[axes]\ndiversity = [0.1]',
        ("output", "'pay'", "payoff", "victory"),
    ),
    "misspelt output": (
        'GAME\noutputs = ["payof"]\n[axes]\ndiversity = [0.1]',
        ("output", "'payof'", "did you mean 'payoff'?"),
    ),
    "output twice": (
        'GAME\noutputs = ["payoff", "payoff"]\n[axes]\ndiversity = [0.1]',
        ("outputs", "payoff", "twice"),
    ),
    "no output": ("GAME\noutputs = []\n[axes]\ndiversity = [0.1]", ("outputs", "[]", "one or more")),
    # domains
    "fixed outside": (
        "GAME\n[axes]\ndiversity = [0.1]\n[fixed]\nshare = 1.25",
        ("fixed.share", "1.25", "[0, 1]"),
    ),
    "axis outside": ("GAME\n[axes]\ndiversity = { linspace = [0, 2, 3] }", ("axes.diversity", "2", "[0, 1]")),
    "case outside": (
        'GAME\n[axes.case]\nlabels = ["a", "b"]\nshare = [0.5, -0.5]',
        ("axes.case.share", "-0.5", "[0, 1]"),
    ),
    "open end": ("GAME\n[axes]\nattrition = [0.5, 1.0]", ("axes.attrition", "1", "[0, 1)")),
    "not positive": ("GAME\n[axes]\ndiversity = [0.1]\n[fixed]\ncap_leader = 0", ("fixed.cap_leader", "0", "> 0")),
    # war_irresolute must not be smaller than war_resolute
    "illegal through two axes": (
        "GAME\n[axes]\nwar_resolute = [0.0, 0.3]\nwar_irresolute = [0.25, 0.5]",
        ("war_irresolute", "0.25", "war_resolute = 0.3", "≥ war_resolute", "outside_domain"),
    ),
    "illegal on one axis": (
        "GAME\n[axes.case]\nwar_resolute = [0.1, 0.4]\nwar_irresolute = [0.3, 0.35]",
        ("war_irresolute", "0.35", "war_resolute = 0.4", "≥ war_resolute", "outside_domain"),
    ),
    "illegal with a fixed value": (
        "GAME\n[axes]\nwar_irresolute = [0.25, 0.5]\n[fixed]\nwar_resolute = 0.375",
        ("war_irresolute", "0.25", "war_resolute = 0.375", "≥ war_resolute", "outside_domain"),
    ),
    "illegal with a default": (
        "GAME\n[axes]\nwar_irresolute = [0.03125, 0.5]",
        ("war_irresolute", "0.03125", "war_resolute = 0.05", "≥ war_resolute"),
    ),
    "illegal on both sides fixed": (
        "GAME\n[axes]\ndiversity = [0.1]\n[fixed]\nwar_irresolute = 0.125\nwar_resolute = 0.25",
        ("war_irresolute", "0.125", "war_resolute = 0.25", "≥ war_resolute"),
    ),
    "unknown outside_domain": (
        'GAME\noutside_domain = "marks"\n[axes]\ndiversity = [0.1]',
        ("outside_domain", "'marks'", "did you mean 'mark'?", "refuse"),
    ),
    # NaN and infinite values
    "NaN fixed": ("GAME\n[axes]\ndiversity = [0.1]\n[fixed]\nprize = nan", ("fixed.prize", "nan", "finite")),
    "infinite fixed": ("GAME\n[axes]\ndiversity = [0.1]\n[fixed]\nprize = inf", ("fixed.prize", "inf", "finite")),
    "NaN on an axis": ("GAME\n[axes]\ndiversity = [0.1, nan]", ("axes.diversity", "nan", "finite")),
    "infinite on an axis": ("GAME\n[axes]\nprize = [1, +inf]", ("axes.prize", "inf", "finite")),
    "infinite end": ("GAME\n[axes]\nprize = { linspace = [0, inf, 3] }", ("axes.prize.linspace", "inf", "finite")),
    "NaN in a case": ("GAME\n[axes.case]\nprize = [1, nan]", ("axes.case.prize", "nan", "finite")),
    "NaN label": ("GAME\n[axes.case]\nlabels = [1, nan]\nprize = [1, 2]", ("axes.case.labels", "nan", "finite")),
    # labels
    "duplicate": ("GAME\n[axes]\ndiversity = [0.1, 0.25, 0.25]", ("axes.diversity", "0.25", "without duplicates")),
    "unsorted": ("GAME\n[axes]\ndiversity = [0.25, 0.125]", ("axes.diversity", "0.25", "0.125", "increase")),
    "descending": (
        "GAME\n[axes]\ndiversity = { linspace = [1, 0, 3] }",
        ("axes.diversity.linspace", "1", "0.5", "increase"),
    ),
    "duplicate names": (
        'GAME\n[axes.case]\nlabels = ["Suez", "Suez"]\nprize = [1, 2]',
        ("axes.case.labels", "'Suez'", "twice", "differ"),
    ),
    "duplicate numbers as labels": (
        "GAME\n[axes.case]\nlabels = [1956, 1956]\nprize = [1, 2]",
        ("axes.case.labels", "1956"),
    ),
    "unsorted numbers as labels": (
        "GAME\n[axes.case]\nlabels = [1956, 1991, 1967]\nprize = [1, 2, 3]",
        ("axes.case.labels", "1991", "1967", "increase"),
    ),
    "mixed labels": ('GAME\n[axes.case]\nlabels = ["a", 1]\nprize = [1, 2]', ("axes.case.labels", "['a', 1]")),
    # lengths
    "no values": ("GAME\n[axes]\ndiversity = []", ("axes.diversity", "0 labels", "1 to")),
    "count of zero": ("GAME\n[axes]\ndiversity = { linspace = [0, 1, 0] }", ("axes.diversity", "0 labels", "1 to")),
    "empty case": ("GAME\n[axes.case]\nlabels = []\nprize = []", ("axes.case", "0 labels", "1 to")),
    "no axes": ("GAME\n", ("axes", "one or more")),
    "unequal lengths": (
        "GAME\n[axes.case]\ncap_leader = [1, 2, 3]\ncap_target = [1, 2]",
        ("axes.case.cap_target", "2", "cap_leader", "3"),
    ),
    "too few labels": (
        'GAME\n[axes.case]\nlabels = ["a"]\ncap_leader = [1, 2]',
        ("axes.case.labels", "1", "cap_leader", "2"),
    ),
    # bound twice
    "bound by two axes": (
        "GAME\n[axes]\nshare = [0.1]\n[axes.case]\nshare = [0.1, 0.2]",
        ("share", "axes.share", "axes.case", "once"),
    ),
    "bound by an axis and fixed": (
        "GAME\n[axes]\nshare = [0.1]\n[fixed]\nshare = 0.1",
        ("share", "axes.share", "fixed", "once"),
    ),
    "bound by a case and fixed": (
        "GAME\n[axes.case]\nshare = [0.1]\n[fixed]\nshare = 0.1",
        ("share", "axes.case", "fixed", "once"),
    ),
    # TOML
    "not TOML": ("game = restraint", ("spec.toml", "not TOML", "line 1")),
    "not closed": ("GAME\n[axes\ndiversity = [0.1]", ("spec.toml", "not TOML", "line 2")),
    "key twice": ('GAME\ngame = "restraint"', ("spec.toml", "not TOML")),
    "empty file": ("", ("spec.toml", "game", "missing")),
    "nested too deep": ("x = " + "[" * 5000, ("spec.toml", "not TOML")),
    # fields
    "unknown field": ("GAME\nouputs = []\n[axes]\ndiversity = [0.1]", ("spec.toml", "'ouputs'", "outputs", "axes")),
    "game of the wrong type": ("game = 5\n[axes]\ndiversity = [0.1]", ("game", "5", "string")),
    "outputs of the wrong type": ('GAME\noutputs = "regime"\n[axes]\ndiversity = [0.1]', ("outputs", "regime", "list")),
    "output of the wrong type": ("GAME\noutputs = [1]\n[axes]\ndiversity = [0.1]", ("outputs.0", "1", "string")),
    "axes of the wrong type": ("GAME\naxes = 5", ("axes", "5", "dict")),
    "unknown dtype": (
        'GAME\ndtype = "float16"\n[axes]\ndiversity = [0.1]',
        ("dtype", "'float16'", "float32", "float64"),
    ),
    "axis is a number": ("GAME\n[axes]\ndiversity = 0.25", ("axes.diversity", "0.25", "list of numbers")),
    "axis is text": ('GAME\n[axes]\ndiversity = "wide"', ("axes.diversity", "'wide'", "list of numbers")),
    "axis of names": ('GAME\n[axes]\ndiversity = ["0.1"]', ("axes.diversity", "['0.1']", "list of numbers")),
    "axis of truths": ("GAME\n[axes]\ndiversity = [true]", ("axes.diversity", "[True]", "list of numbers")),
    "axis of lists": ("GAME\n[axes]\ndiversity = [[0.1], [0.2]]", ("axes.diversity", "0.1", "list of numbers")),
    "fixed text": ('GAME\n[axes]\ndiversity = [0.1]\n[fixed]\nshare = "half"', ("fixed.share", "half", "number")),
    "fixed list": ("GAME\n[axes]\ndiversity = [0.1]\n[fixed]\nshare = [0.125]", ("fixed.share", "0.125", "number")),
    "unknown form": ("GAME\n[axes]\ndiversity = { linspce = [0, 1, 3] }", ("axes.diversity", *FORMS)),
    "two forms": (
        "GAME\n[axes]\ndiversity = { linspace = [0, 1, 3], values = [0.1] }",
        ("axes.diversity", "linspace", "values"),
    ),
    "two numbers for three": (
        "GAME\n[axes]\ndiversity = { linspace = [0, 1] }",
        ("axes.diversity.linspace", "[0, 1]", "[start, stop, count]"),
    ),
    "count with a fraction": (
        "GAME\n[axes]\ndiversity = { linspace = [0, 1, 2.5] }",
        ("axes.diversity.linspace", "2.5", "whole number"),
    ),
    "negative count": ("GAME\n[axes]\ndiversity = { linspace = [0, 1, -3] }", ("axes.diversity.linspace", "-3")),
    "more labels than can be": (
        "GAME\n[axes]\ndiversity = { linspace = [0, 1, 1000000000000] }",
        ("axes.diversity", "1000000000000", "1 to"),
    ),
    "ratios from zero": (
        "GAME\n[axes]\ncap_observer = { geomspace = [0, 1, 3] }",
        ("axes.cap_observer.geomspace", "[0, 1, 3]", "positive"),
    ),
    "one label for a span": (
        "GAME\n[axes]\ndiversity = { linspace = [0, 1, 1] }",
        ("axes.diversity.linspace", "0", "1"),
    ),
    "an axis that binds nothing": ('GAME\n[axes.case]\nlabels = ["a"]', ("axes.case", "no parameter", "values")),
    # names of axes
    "named as an output": ("GAME\n[axes.regime]\nprize = [1, 2]", ("axes.regime", "in use")),
    "named as the players": ("GAME\n[axes.player]\nprize = [1, 2]", ("axes.player", "in use")),
    "named as another parameter": ("GAME\n[axes.share]\nprize = [1, 2]", ("axes.share", *FORMS)),
    "name that leaves the store": ('GAME\n[axes."../case"]\nprize = [1, 2]', ("../case", "letters")),
    "name of two parts": ('GAME\n[axes."my/case"]\nprize = [1, 2]', ("my/case", "letters")),
    "name of the store's own": ('GAME\n[axes."zarr.json"]\nprize = [1, 2]', ("zarr.json", "letters")),
    "no name": ('GAME\n[axes.""]\nprize = [1, 2]', ("axes", "letters")),
    # columns of files
    "no such file": ('GAME\n[axes]\nprize = { file = "no.csv" }', ("axes.prize.file", "no.csv", "No such file")),
    "no such column": (
        'GAME\n[axes]\nprize = { file = "table.csv", column = "stakes" }',
        ("table.csv", "'stakes'", "did you mean 'stake'?"),
    ),
    "which column": ('GAME\n[axes]\nprize = { file = "table.csv" }', ("axes.prize.file", "stake, name", "column")),
    "column of names": (
        'GAME\n[axes]\nprize = { file = "table.csv", column = "name" }',
        ("axes.prize.file", "list of numbers"),
    ),
    "column of the wrong type": (
        'GAME\n[axes]\nprize = { file = "table.csv", column = ["stake"] }',
        ("column", "['stake']"),
    ),
    # designs
    "a seed of 5,000 digits": (
        f"GAME\n[axes.sample]\nsobol = 16\nseed = {'9' * 5000}\nresolve = {{ uniform = [0, 1] }}",
        ("spec.toml", "TOML", "4300 digits"),
    ),
    "a design without its kind": ("GAME\n[axes.sample]\nseed = 7\nresolve = [0.1, 0.2]", ("axes.sample.seed", "sobol")),
    "a design named after a parameter": (
        "GAME\n[axes.resolve]\nsobol = 16\nprize = { uniform = [0, 1] }",
        ("axes.resolve", "named after a parameter"),
    ),
}


@pytest.mark.parametrize(("text", "words"), SPECS.values(), ids=SPECS)
def test_spec(text: str, words: tuple[str, ...], run: Run, desk: Path) -> None:
    (desk / "table.csv").write_text("stake,name\n1,a\n2,b\n", encoding="utf-8")
    (desk / "spec.toml").write_text(text.replace("GAME", 'game = "restraint"'), encoding="utf-8")
    before = contents(desk)
    refusal(run("run", "spec.toml", "--store", "cube"), words)
    assert contents(desk) == before
    assert not (desk / "cube").exists()


def test_spec_that_is_not_there(run: Run, desk: Path) -> None:
    refusal(run("run", "none.toml", "--store", "cube"), ("none.toml", "No such file"))


def test_spec_that_is_a_folder(run: Run, desk: Path) -> None:
    (desk / "folder.toml").mkdir()
    refusal(run("run", "folder.toml", "--store", "cube"), ("folder.toml", "directory"))


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\x00", b"game = \x00", bytes(range(128, 256))])
def test_spec_that_is_no_text(data: bytes, run: Run, desk: Path) -> None:
    (desk / "binary.toml").write_bytes(data)
    refusal(run("run", "binary.toml", "--store", "cube"), ("binary.toml",))
    assert not (desk / "cube").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [SPECS["unknown game"], SPECS["not TOML"]],
    ids=["unknown game", "not TOML"],
)
def test_in_a_process_of_its_own(text: str, words: tuple[str, ...], desk: Path) -> None:
    (desk / "spec.toml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "posse", "run", "spec.toml", "--store", "cube"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60)
    refusal((done.returncode, done.stdout, done.stderr), words)
    assert not (desk / "cube").exists()


# Combinations outside the domain, where the spec says that they be marked

MARKED = {
    "two axes": "war_resolute = [0.0, 0.25, 0.5]\nwar_irresolute = [0.125, 0.25, 0.375]",
    "axis and fixed": "war_irresolute = [0.125, 0.25, 0.375, 0.5]\n[fixed]\nwar_resolute = 0.375",
    "one axis": "[axes.case]\nwar_resolute = [0.0, 0.375, 0.5, 0.25]\nwar_irresolute = [0.125, 0.25, 0.5, 0.125]",
}


@pytest.mark.parametrize("axes", MARKED.values(), ids=MARKED)
def test_marks_the_illegal_points_and_no_others(axes: str, run: Run, desk: Path) -> None:
    text = f'game = "restraint"\ndtype = "float64"\noutside_domain = "mark"\n[axes]\ndiversity = [0.25, 0.75]\n{axes}'
    (desk / "mark.toml").write_text(text, encoding="utf-8")
    assert run("run", "mark.toml", "--store", "cube", "--no-progress")[0] == 0
    cube = xr.open_zarr(desk / "cube").load()
    fixed = {"war_resolute": 0.375} if "war_resolute" not in cube.coords else {}
    seen = set()
    for point in cube.stack(point=cube.regime.dims).transpose("point", ...).point:
        there = cube.sel({dim: point[dim].item() for dim in cube.regime.dims})
        values = {name: there[name].item() for name in ("war_resolute", "war_irresolute") if name in there.coords}
        values |= fixed | {"diversity": there.diversity.item()}
        legal = values["war_irresolute"] >= values["war_resolute"]
        seen.add(legal)
        if legal:
            alone = posse.solve("restraint", **values, outputs=["regime", "payoff"])
            assert there.regime.item() == alone.regime.item() <= 9
            np.testing.assert_array_equal(there.payoff, alone.payoff)
        else:
            assert there.regime.item() == 254
            assert np.isnan(there.payoff).all()
    assert seen == {True, False}


# Size

PRODUCT = ["cap_leader", "cap_partner", "cap_target", "cap_observer", "spoils", "prize"]


def enormous(axes: int) -> str:
    """A spec of 100,000 labels on each of some axes."""
    return 'game = "restraint"\n[axes]\n' + "".join(
        f"{p} = {{ linspace = [0.5, 1, 100000] }}\n" for p in PRODUCT[:axes]
    )


def test_cube_larger_than_the_disk(run: Run, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Folder, "free", lambda _: 100)
    before = contents(desk)
    refusal(run("run", "good.toml", "--store", "cube"), (str(desk / "cube"), "680 bytes", "100 bytes"))
    assert contents(desk) == before


@pytest.mark.parametrize("axes", [3, 6], ids=["10^15 points", "10^30 points"])
def test_enormous_cube_is_refused_quickly_and_in_little_memory(axes: int, desk: Path) -> None:
    (desk / "spec.toml").write_text(enormous(axes), encoding="utf-8")
    started = time.monotonic()
    command = [sys.executable, "-m", "posse", "run", "spec.toml", "--store", "cube"]
    with (desk / "err").open("w+b") as err:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    refusal((process.returncode, "", (desk / "err").read_text("utf-8")), (str(desk / "cube"), "TB", "free"))
    assert time.monotonic() - started < 30
    assert usage.ru_maxrss < (1 << 20)  # KiB
    assert not (desk / "cube").exists()


# Stores


def write_file(store: Path) -> None:
    store.write_text("notes", encoding="utf-8")


def write_folder(store: Path) -> None:
    store.mkdir()
    (store / "notes.txt").write_text("notes", encoding="utf-8")


def write_zarr(store: Path) -> None:
    numbers = xr.Dataset({"regime": ("diversity", np.arange(5))}, {"diversity": np.linspace(0, 1, 5)})
    numbers.to_zarr(store, zarr_format=3, consolidated=False)


def write_description(text: str) -> Callable[[Path], None]:
    def write(store: Path) -> None:
        (store / ".posse").mkdir(parents=True)
        (store / ".posse" / "sweep.json").write_text(text, encoding="utf-8")

    return write


STRANGERS: dict[str, Callable[[Path], None]] = {
    "file": write_file,
    "folder": write_folder,
    "zarr": write_zarr,
    "description of nothing": write_description("{}"),
    "description that is a list": write_description("[1, 2]"),
    "description that is torn": write_description('{"identity": "12'),
}


@pytest.mark.parametrize("write", STRANGERS.values(), ids=STRANGERS)
@pytest.mark.parametrize("command", ["run", "info", "slice"])
def test_store_that_is_something_else(write: Callable[[Path], None], command: str, run: Run, desk: Path) -> None:
    write(desk / "cube")
    before = contents(desk)
    arguments = {
        "run": ("run", "good.toml", "--store", "cube"),
        "info": ("info", "cube"),
        "slice": ("slice", "cube", "--out", "part.csv"),
    }
    refusal(run(*arguments[command]), (str(desk / "cube"),))
    assert contents(desk) == before


def test_store_below_a_file(run: Run, desk: Path) -> None:
    write_file(desk / "notes")
    before = contents(desk)
    refusal(run("run", "good.toml", "--store", "notes/cube"), (str(desk / "notes" / "cube"), "Not a directory"))
    assert contents(desk) == before


def test_store_that_is_not_there(run: Run, desk: Path) -> None:
    refusal(run("info", "cube"), (str(desk / "cube"), "does not exist"))
    assert not (desk / "cube").exists()


OTHERS = {
    "another label": ("[0, 1, 5]", "[0, 1, 6]", ("axes.diversity", "5", "6")),
    "another value": ("0.00664", "0.00665", ("axes.case.cap_target", "0.00664", "0.00665")),
    "another name": ("Iraq 2003", "Iraq 1991", ("axes.case", "Iraq 2003")),
    "another fixed value": ("[axes.case]", "[fixed]\nshare = 0.25\n[axes.case]", ("fixed.share", "0.5", "0.25")),
    "another type": ("[axes]", 'dtype = "float64"\n[axes]', ("dtype", "float32", "float64")),
    "other outputs": ("[axes]", 'outputs = ["regime"]\n[axes]', ("outputs", "payoff")),
    "another treatment": ("[axes]", 'outside_domain = "mark"\n[axes]', ("outside_domain", "refuse", "mark")),
    "fewer axes": ("cap_observer = { geomspace = [0.1, 5, 4] }\n", "", ("axes.cap_observer", "absent")),
    "more axes": ("[axes]\n", "[axes]\nprize = [1]\n", ("axes.prize", "absent")),
}


@pytest.mark.parametrize(("old", "new", "words"), OTHERS.values(), ids=OTHERS)
def test_store_of_another_sweep(old: str, new: str, words: tuple[str, ...], run: Run, desk: Path, made: Path) -> None:
    assert old in GOOD
    (desk / "other.toml").write_text(GOOD.replace(old, new), encoding="utf-8")
    before = contents(made)
    refusal(run("run", "other.toml", "--store", made), (str(made), "another sweep", *words))
    assert contents(made) == before


def test_store_of_another_order_of_axes(run: Run, desk: Path, made: Path) -> None:
    head, case = GOOD.split("[axes.case]\n")
    first, second = head.split("[axes]\n")[1].splitlines()
    (desk / "other.toml").write_text(
        f'game = "restraint"\n[axes]\n{second}\n{first}\n[axes.case]\n{case}', encoding="utf-8"
    )
    before = contents(made)
    refusal(run("run", "other.toml", "--store", made), (str(made), "another sweep", "axes", "order"))
    assert contents(made) == before


def test_store_by_another_version_of_the_game(run: Run, desk: Path) -> None:
    assert run("run", "good.toml", "--store", "cube", "--no-progress")[0] == 0
    path = desk / "cube" / ".posse" / "sweep.json"
    description = heard(path.read_bytes())
    changed = next(name for name in description["sources"] if name.endswith(".crisis"))
    description["sources"][changed] = description["identity"] = "0" * 64
    description["attributes"] |= {"game_source_hash": "0" * 64, "game_version": "0.9"}
    path.write_bytes(swear(description))
    before = contents(desk)
    refusal(
        run("run", "good.toml", "--store", "cube"),
        (str(desk / "cube"), "restraint", "version 0.9", changed, "another store"),
    )
    assert contents(desk) == before


# Arguments. CUBE stands for a finished cube of the good spec.

SLICE, PLOT = ("slice", "CUBE"), ("plot", "CUBE", "--x", "diversity", "--y", "cap_observer")
CASE = ("--sel", "case=Iraq 2003")
SET = ("solve", "restraint", "--set")
ARGUMENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "game to show": (("games", "restrain"), ("game", "'restrain'", "did you mean 'restraint'?")),
    "game to solve": (("solve", "restrain"), ("game", "'restrain'", "did you mean 'restraint'?")),
    "set without a value": ((*SET, "diversity"), ("--set", "'diversity'", "name=value")),
    "set to nothing": ((*SET, "diversity="), ("--set", "'diversity='", "name=value")),
    "set to a word": ((*SET, "diversity=wide"), ("diversity", "'wide'", "number")),
    "set to NaN": ((*SET, "diversity=nan"), ("diversity", "nan", "finite")),
    "set to infinity": ((*SET, "prize=inf"), ("prize", "inf", "finite")),
    "set outside": ((*SET, "diversity=1.5"), ("diversity", "1.5", "[0, 1]")),
    "set against a default": (
        (*SET, "war_irresolute=0.03125"),
        ("war_irresolute", "0.03125", "war_resolute = 0.05", "≥ war_resolute"),
    ),
    "set of an unknown": ((*SET, "diversty=0.1"), ("parameter", "'diversty'", "did you mean 'diversity'?")),
    "set of an option of the library": ((*SET, "dtype=1"), ("parameter", "'dtype'", "diversity")),
    "set twice": ((*SET, "share=0.1", "--set", "share=0.2"), ("--set", "share", "twice")),
    "no workers": (("run", "good.toml", "--store", "new", "--workers", "0"), ("workers", "0", "whole number")),
    "negative workers": (("run", "good.toml", "--store", "new", "--workers", "-2"), ("workers", "-2")),
    "workers in words": (("run", "good.toml", "--store", "new", "--workers", "two"), ("--workers", "integer")),
    "no store": (("run", "good.toml"), ("--store",)),
    "unknown option": (("run", "good.toml", "--stoer", "new"), ("--stoer", "--store")),
    "unknown command": (("solv", "restraint"), ("solv",)),
    "slice of an unknown dimension": (
        (*SLICE, "--sel", "diversty=0.25", "--out", "new.nc"),
        ("dimension", "'diversty'", "did you mean 'diversity'?", "cap_observer"),
    ),
    "slice by a bound parameter": (
        (*SLICE, "--sel", "cap_leader=0.1425", "--out", "new.nc"),
        ("cap_leader", "bound by the axis case"),
    ),
    "slice between labels": (
        (*SLICE, "--sel", "diversity=0.3", "--out", "new.nc"),
        ("diversity", "0.3", "0.25", "0.5"),
    ),
    "slice beyond labels": ((*SLICE, "--sel", "diversity=7", "--out", "new.nc"), ("diversity", "7", "1")),
    "slice at NaN": ((*SLICE, "--sel", "diversity=nan", "--out", "new.nc"), ("diversity", "nan")),
    "slice at a word": ((*SLICE, "--sel", "diversity=wide", "--out", "new.nc"), ("diversity", "'wide'", "number")),
    "slice of an empty range": (
        (*SLICE, "--sel", "diversity=0.3:0.4", "--out", "new.nc"),
        ("diversity", "0.3:0.4", "0 to 1"),
    ),
    "slice at an unknown name": (
        (*SLICE, "--sel", "case=Kosovo", "--out", "new.nc"),
        ("case", "'Kosovo'", "did you mean 'Kosovo 1999'?", "Iraq 2003"),
    ),
    "slice at an unknown player": (
        (*SLICE, "--sel", "player=Leader", "--out", "new.nc"),
        ("player", "'Leader'", "did you mean 'leader'?"),
    ),
    "slice without a value": (
        (*SLICE, "--sel", "diversity", "--out", "new.nc"),
        ("--sel", "'diversity'", "name=value"),
    ),
    "slice twice": (
        (*SLICE, "--sel", "diversity=0", "--sel", "diversity=1", "--out", "new.nc"),
        ("--sel", "diversity", "twice"),
    ),
    "slice into an unknown type": ((*SLICE, "--out", "new.xlsx"), ("'.xlsx'", ".nc", ".csv", ".parquet", ".dta")),
    "slice into no type": ((*SLICE, "--out", "new"), ("''", ".nc", ".csv")),
    "slice into no folder": ((*SLICE, "--out", "none/new.nc"), ("none/new.nc", "No such file or directory")),
    "slice over a folder": ((*SLICE, "--out", "folder.csv"), ("folder.csv", "directory")),
    "slice into nothing": (SLICE, ("--out",)),
    "plot of an unknown dimension": (
        ("plot", "CUBE", "--x", "diversty", "--y", "case", "--out", "new.png"),
        ("dimension", "'diversty'", "did you mean 'diversity'?"),
    ),
    "plot against itself": (
        ("plot", "CUBE", "--x", "case", "--y", "case", "--out", "new.png"),
        ("case stands twice", "different dimensions"),
    ),
    "plot with a dimension left": ((*PLOT, "--out", "new.png"), ("case", "Kosovo 1999 to Iraq 2003", "--sel case=")),
    "plot at an unknown name": (
        (*PLOT, "--sel", "case=Iraq", "--out", "new.png"),
        ("case", "'Iraq'", "did you mean 'Iraq 2003'?"),
    ),
    "plot of an unknown kind": ((*PLOT, *CASE, "--kind", "pie", "--out", "new.png"), ("'pie'", "map, payoff, share")),
    "plot of nobody's payoff": (
        (*PLOT, *CASE, "--kind", "payoff", "--out", "new.png"),
        ("player", "choose one of leader, partner"),
    ),
    "plot of an unknown player": (
        (*PLOT, *CASE, "--kind", "payoff", "--player", "obsrver", "--out", "new.png"),
        ("player", "'obsrver'", "did you mean 'observer'?"),
    ),
    "plot with an option of another kind": (
        (*PLOT, *CASE, "--by", "alignment", "--out", "new.png"),
        ("--by", "map does not take it", "--col"),
    ),
    "plot of a tree without a point": (
        ("plot", "CUBE", "--kind", "tree", "--out", "new.png"),
        ("point", "give", "diversity", "from"),
    ),
    "plot into an unknown type": ((*PLOT, *CASE, "--out", "new.gif"), ("'.gif'", ".png", ".pdf", ".svg")),
    "plot into no folder": ((*PLOT, *CASE, "--out", "none/new.png"), ("none/new.png", "No such file or directory")),
    "plot over a folder": ((*PLOT, *CASE, "--out", "folder.png"), ("folder.png", "directory")),
}


@pytest.mark.parametrize(("arguments", "words"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_arguments(arguments: tuple[str, ...], words: tuple[str, ...], run: Run, desk: Path, made: Path) -> None:
    (desk / "folder.csv").mkdir()
    (desk / "folder.png").mkdir()
    before = contents(desk), contents(made)
    refusal(run(*[str(made) if a == "CUBE" else a for a in arguments]), words)
    assert (contents(desk), contents(made)) == before


def test_workers_leave_an_unfinished_cube_alone(run: Run, desk: Path, made: Path) -> None:
    """Even of a spec that fits the store, a wrong number of workers is said before anything else."""
    before = contents(made)
    refusal(run("run", "good.toml", "--store", made, "--workers", "0"), ("workers", "0", "whole number"))
    assert contents(made) == before


# From Python the same refusals are exceptions of one family


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"diversty": 0.1}, "diversity"),
        ({"diversity": [0.1, 0.2], "share": [0.1, 0.2, 0.3]}, "along point, diversity has 2 values and share 3"),
        ({"diversity": xr.DataArray([0.1], {"year": [1]}), "share": xr.DataArray([0.1], {"year": [2]})}, "year"),
        ({"diversity": [0.1, math.nan]}, "diversity: nan"),
        ({"diversity": math.inf}, "diversity: inf"),
        ({"diversity": "0.1"}, "diversity: '0.1' is not a number"),
        ({"diversity": None}, "diversity: None is not a number"),
        ({"diversity": True}, "diversity: True is not a number"),
        ({"diversity": [0.1, True]}, r"diversity: \[0.1, True\] is not a list of numbers"),
        ({"diversity": [[0.1, 0.2], [0.3]]}, r"diversity: \[\[0.1, 0.2\], \[0.3\]\] is not a list of numbers"),
        ({"diversity": np.full((2, 2), 0.1)}, "diversity: is an array of 2 dimensions without names"),
        ({"diversity": [0.1, 1.5]}, r"diversity: 1.5 .*\[0, 1\]"),
        ({"war_irresolute": [0.5, 0.25], "war_resolute": [0.25, 0.5]}, "war_irresolute: 0.25 .*war_resolute = 0.5"),
        ({"diversity": xr.DataArray([0.1, 0.2], dims="player")}, "player"),
        ({"outputs": ["pay"]}, "'pay'"),
        ({"outputs": ["regime", "regime"]}, "regime"),
        ({"dtype": "float16"}, "'float16'"),
        ({"outside_domain": "keep"}, "'keep'"),
    ],
)
def test_solve(values: dict[str, object], words: str) -> None:
    with pytest.raises(posse.PosseError, match=words) as raised:
        posse.solve("restraint", **values)
    assert isinstance(raised.value, ValueError)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"axes": ["resolve"]}, "axes: ['resolve'] is no table of axes, as {resolve = [0, 0.5, 1]}"),
        ({"axes": "resolve"}, "axes: 'resolve' is no table of axes, as {resolve = [0, 0.5, 1]}"),
        ({"axes": {3: {"cap_leader": [1, 2]}}}, "axes.3: is no name of letters, digits, _ and -, a letter first"),
        ({"axes": {"resolve": [0, 1]}, "outputs": 3}, "outputs: 3 is not a list of one or more outputs"),
    ],
)
def test_sweep_in_python(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        posse.Sweep("restraint", **arguments)
    assert str(caught.value) == said
