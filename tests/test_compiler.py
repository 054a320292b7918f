"""The compiled kernel: vector instructions, compiled once and never stale, the same bits whatever the chunking."""

import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from math import prod
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import posse
from posse.benchmarks.peers import scalar
from posse.kernels import compiler
from posse.kernels.grid import SHORT, Column, fixed, solve_grid, solve_nest
from posse.kernels.nest import INNER, LONG, OUTER, Nest, choose, levels
from posse.kernels.point import solve_plain
from posse.kernels.program import trace
from posse.kernels.workspace import Workspace

GAME = posse.game("restraint")
OUTPUTS = [o.name for o in GAME.outputs]
DEFAULT = list(GAME.default_outputs)
LENGTHS = [1, 2, 3, 7, SHORT - 1, SHORT, SHORT + 1, LONG - 1, LONG, LONG + 1, 131, 2003]  # of rows

# Solves the game at a list of points in a process of its own; says what was compiled.
SOLVE = """
import json, sys
import numpy as np
import numba.core.event as event
with event.install_recorder("numba:compile") as recorder:
    from posse import game
    from posse.kernels.compiler import compile_kernel, widths
    from posse.kernels.grid import Column, solve_grid
    from posse.kernels.nest import INNER, OUTER
    restraint, found = game("restraint"), {}
    columns = {p.name: Column(np.full(100, p.default), 0) for p in restraint.parameters if p.name != "decisiveness"}
    for outputs in (("regime", "payoff"), ("regime",), ("regime", "payoff")):
        solved = solve_grid(restraint, columns, (100,), outputs, "float32")
        found["+".join(outputs)] = {name: array.ravel().tolist() for name, array in solved.items()}
places = tuple(INNER if p.name in columns else OUTER for p in restraint.parameters)
kernel = compile_kernel(restraint, ("regime", "payoff"), "float32", places, (("decisiveness", 1.0),))
stats = kernel.code(widths()[0]).stats
hits, misses = sum(stats.cache_hits.values()), sum(stats.cache_misses.values())
assembly = {}
if "--assembly" in sys.argv:
    for width in widths():
        kernel.code(width)(np.empty((0, 1)), np.empty(0, np.int64), np.empty((0, 1)), 0, np.empty(0, np.int64), 0,
                           np.empty(0, np.int64))
        assembly[width] = "\\n".join(kernel.code(width).inspect_asm().values())
print(json.dumps(
    {"found": found, "compiled": len(recorder.buffer), "assembly": assembly, "hits": hits, "misses": misses}
))
"""
TINY = """
from collections import namedtuple
from posse.kernels.declaration import UNIT_INTERVAL, Flag, Game, Output, Parameter
from posse.kernels.vocabulary import where

SCALE = 2.0
Solution = namedtuple("Solution", "larger size")

def helper(x):
    return SCALE * x

def solve(x, y):
    return Solution(where(x > y, 1, 0), helper(x) + y)

GAME = Game(
    "tiny", "A game of two numbers", "1",
    (Parameter("x", "x", UNIT_INTERVAL, 0.5, "first"), Parameter("y", "y", UNIT_INTERVAL, 0.25, "second")),
    (Output("larger", "codes", "which", (Flag(0, "y", "y"), Flag(1, "x", "x"))), Output("size", "real", "how much")),
    solve,
)
"""
CHOOSE = """
import numpy as np
from posse import game
from posse.kernels.compiler import compile_kernel
from posse.kernels.grid import Column, solve_grid
from posse.kernels.nest import INNER, OUTER
restraint, columns = game("restraint"), {"diversity": Column(np.linspace(0, 1, 200_000), 0)}
solve_grid(restraint, columns, (200_000,), ("regime",))
places = tuple(INNER if p.name in columns else OUTER for p in restraint.parameters)
print(compile_kernel(restraint, ("regime",), "float64", places, (("decisiveness", 1.0),)).width)
"""
SOLVE_TINY = """
import json
import numpy as np
from posse.kernels.compiler import compile_kernel, widths
from posse.kernels.grid import Column, solve_grid
from posse.kernels.nest import INNER, OUTER
from tiny import GAME
size = solve_grid(GAME, {"x": Column(np.array([0.0, 0.5, 1.0]), 0)}, (3,), ("larger", "size"))["size"][0].tolist()
kernel = compile_kernel(GAME, ("larger", "size"), "float64", (INNER, OUTER), ()).code(widths()[0])
hits = sum(kernel.stats.cache_hits.values())
print(json.dumps({"size": size, "hits": hits, "hash": GAME.source_hash, "sources": dict(GAME.sources)}))
"""


def python(
    code: str, *arguments: str, cache: Path | str, path: Path | None = None, started_by: tuple[str, ...] = ()
) -> Any:
    """What a new interpreter prints, as JSON; `cache` is its user's cache folder."""
    environment = os.environ | {"XDG_CACHE_HOME": str(cache), "PYTHONDONTWRITEBYTECODE": "1"}
    if path:
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(path), os.environ.get("PYTHONPATH")]))
    command = [*started_by, sys.executable, "-W", "error", "-c", code, *arguments]
    child = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def fresh(cache: Path) -> Any:
    """The first solution of a user whose cache folder is empty."""
    return python(SOLVE, "--assembly", cache=cache)


# Compiled once


def test_divisions_are_vector_instructions(fresh: Any) -> None:
    """Two to eight divisions in one instruction, for every division of the game; none alone."""
    if platform.machine().lower() in ("x86_64", "amd64"):
        packed, alone = r"\bv?divpd\b", r"\bv?divsd\b"
    elif platform.machine().lower() in ("arm64", "aarch64"):
        packed, alone = r"\bfdiv\s+v\d+\.2d", r"\bfdiv\s+d\d+"
    else:
        pytest.skip(f"what vector instructions are called on {platform.machine()} is not known here")
    assert fresh["misses"] == 1
    for width, assembly in fresh["assembly"].items():
        wide, narrow = (len(re.findall(name, assembly)) for name in (packed, alone))
        assert (wide, narrow) == (10, 0)  # nine contests and the leader's share
        registers = {"8": "zmm", "4": "ymm"}.get(width, "")
        assert re.search(rf"\bv?divpd\b.*{registers}", assembly)


def test_a_second_process_compiles_nothing(fresh: Any, cache: Path) -> None:
    again = python(SOLVE, cache=cache)
    assert fresh["compiled"] > 0
    assert (again["compiled"], again["hits"], again["misses"]) == (0, 1, 0)
    assert again["found"] == fresh["found"]  # also where several kernels come from the cache


def test_a_second_command_compiles_nothing(tmp_path: Path) -> None:
    """It leaves the cache folder as the first one left it."""
    (tmp_path / "spec.toml").write_text('game = "restraint"\n[axes]\ndiversity = { linspace = [0, 1, 100000] }\n')
    cache = tmp_path / "cache"

    def run(store: str) -> dict[Path, int]:
        command = [sys.executable, "-m", "posse", "run", str(tmp_path / "spec.toml"), "--store", str(tmp_path / store)]
        subprocess.run(command, capture_output=True, env=os.environ | {"XDG_CACHE_HOME": str(cache)}, check=True)
        return {p: p.stat().st_mtime_ns for p in cache.rglob("*") if p.is_file()}

    first = run("one")
    assert {"py", "nbi", "nbc"} <= {path.suffix[1:] for path in first}
    assert run("another") == first


@pytest.mark.parametrize("arguments", [["-c", "import posse"], ["-m", "posse", "--help"]], ids=["import", "help"])
def test_importing_compiles_nothing(tmp_path: Path, arguments: list[str]) -> None:
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    command = [sys.executable, "-X", "importtime", *arguments]
    child = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert not list(tmp_path.iterdir())
    imported = {line.rpartition("|")[2].strip() for line in child.stderr.splitlines()}
    assert "posse" in imported
    assert not imported & {"numba", "llvmlite", "xarray", "zarr"}


def test_without_a_cache_folder_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "tiny.py").write_text(TINY)
    assert python(SOLVE_TINY, cache=tmp_path / "file", path=tmp_path)["size"] == [0.25, 1.25, 2.25]


def test_a_cache_folder_on_a_full_disk(tmp_path: Path) -> None:
    """No file may grow beyond 4 KiB, which has room for the source of a kernel and not for its code."""
    (tmp_path / "tiny.py").write_text(TINY)
    full = "bash", "-c", 'ulimit -f 4; exec "$@"', "bash"
    for _ in range(2):
        assert python(SOLVE_TINY, cache=tmp_path, path=tmp_path, started_by=full)["size"] == [0.25, 1.25, 2.25]
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "tiny.py"]
    assert {path.suffix for path in kept} in ({".py"}, {".py", ".nbi"})
    assert python(SOLVE_TINY, cache=tmp_path, path=tmp_path)["size"] == [0.25, 1.25, 2.25]
    assert any(path.suffix == ".nbc" for path in tmp_path.rglob("*"))


def test_a_cache_folder_that_became_read_only(tmp_path: Path) -> None:
    """Kernels are compiled for this process, whether the folder has them or not."""
    (tmp_path / "tiny.py").write_text(TINY)
    first = python(SOLVE_TINY, cache=tmp_path / "cache", path=tmp_path)
    folders = [tmp_path / "cache", *(p for p in (tmp_path / "cache").rglob("*") if p.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        mortal: tuple[str, ...] = ()
        if os.access(tmp_path / "cache", os.W_OK):  # root, unless it gives that up
            if not shutil.which("setpriv"):
                pytest.skip("this user may write everywhere, and there is no setpriv")
            mortal = ("setpriv", "--bounding-set", "-dac_override", "--inh-caps", "-dac_override")
        again = python(SOLVE_TINY, cache=tmp_path / "cache", path=tmp_path, started_by=mortal)
        assert again["size"] == first["size"]
        (tmp_path / "tiny.py").write_text(TINY.replace("SCALE = 2.0", "SCALE = 3.0"))
        edited = python(SOLVE_TINY, cache=tmp_path / "cache", path=tmp_path, started_by=mortal)
        assert edited["size"] == [0.25, 1.75, 3.25]
    finally:
        for folder in folders:
            folder.chmod(0o755)


# Never stale


def test_an_edited_game_gives_new_results(tmp_path: Path) -> None:
    """A function that `solve` calls, or a constant that this reads, is edited: what was compiled before is not used."""
    edits = ["", "helper", "SCALE"]
    texts = [TINY, TINY.replace("SCALE * x", "SCALE * x * x"), TINY.replace("SCALE = 2.0", "SCALE = 4.0")]
    sizes = [[0.25, 1.25, 2.25], [0.25, 0.75, 2.25], [0.25, 2.25, 4.25]]
    answers = []
    for text in texts:
        (tmp_path / "tiny.py").write_text(text)
        answers.append(python(SOLVE_TINY, cache=tmp_path / "cache", path=tmp_path))
    (tmp_path / "tiny.py").write_text(TINY)
    answers.append(python(SOLVE_TINY, cache=tmp_path / "cache", path=tmp_path))
    assert [a["size"] for a in answers[:3]] == sizes
    assert [a["hits"] for a in answers] == [0, 0, 0, 1]
    assert answers[3]["hash"] == answers[0]["hash"]
    assert len({a["hash"] for a in answers}) == len(edits)
    for answer in answers[1:3]:
        old, new = answers[0]["sources"], answer["sources"]
        assert [name for name in old if old[name] != new[name]] == ["tiny.helper"]


def module(folder: Path, text: str) -> ModuleType:
    """The text as a module named tiny, with a module `other` next to it that it may import."""
    folder.mkdir()
    (folder / "tiny.py").write_text(text)
    spec = importlib.util.spec_from_file_location("tiny", folder / "tiny.py")
    assert spec
    assert spec.loader
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


HELPER = "    return SCALE * x\n"
EDITS: dict[str, tuple[str, str, str]] = {  # what stands in place of the helper's body, an edit to it
    "body": (HELPER, "SCALE * x", "SCALE + x"),
    "constant": (HELPER, "SCALE = 2.0", "SCALE = 3.0"),
    "constant of a module": (
        "    return other.K * x\nfrom types import SimpleNamespace\nimport math as other\nother.K = 1.0\n",
        "K = 1.0",
        "K = 2.0",
    ),
    "array": (
        "    return TABLE[1] * x\nimport numpy as np\nTABLE = np.array([1.0, 2.0])\n",
        "[1.0, 2.0]",
        "[1.0, 3.0]",
    ),
    "closure": (
        "    return 0\ndef make(k):\n    def scaled(x):\n        return k * x\n    return scaled\nhelper = make(2.0)\n",
        "make(2.0)",
        "make(3.0)",
    ),
    "default": ("    return 0\nK = 1.0\ndef helper(x, k=K):\n    return k * x\n", "K = 1.0", "K = 2.0"),
    "inner function": (
        "    inner = lambda z: SCALE * z\n    return inner(x)\n",
        "SCALE = 2.0",
        "SCALE = 3.0",
    ),
    "order of fields": (HELPER, '"larger size"', '"size larger"'),
}


@pytest.mark.parametrize("edit", EDITS)
def test_every_edit_changes_the_hash(tmp_path: Path, edit: str) -> None:
    """What compiled code depends on is in the hash, for the cache of kernels and the cubes that carry it."""
    body, old, new = EDITS[edit]
    text = TINY.replace(HELPER, body)
    assert text.count(old) == 1
    hashes = [
        module(tmp_path / folder, written).GAME.source_hash
        for folder, written in [("a", text), ("b", text), ("c", text.replace(old, new))]
    ]
    assert hashes[0] == hashes[1]
    assert hashes[0] != hashes[2]


def test_comments_elsewhere_change_no_hash(tmp_path: Path) -> None:
    first = module(tmp_path / "a", TINY).GAME
    second = module(tmp_path / "b", TINY.replace("GAME = Game", "UNUSED = 1\n# a comment\nGAME = Game")).GAME
    assert first.source_hash == second.source_hash


# The same bits


def bits(result: dict[str, npt.NDArray[Any]]) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in result.items()}


def grid(inner: int, outer: tuple[int, int] = (3, 5)) -> tuple[dict[str, Column], tuple[int, ...]]:
    """A grid whose innermost axis has a length; some of its points lie outside the game's domain."""
    dice = np.random.default_rng(inner)
    columns = {
        "diversity": Column(np.linspace(0, 1.2, outer[0]), 0),
        "cap_observer": Column(np.geomspace(0.1, 5, outer[1]), 1),
        "war_resolute": Column(dice.uniform(0, 0.3, outer[1]), 1),
        "war_irresolute": Column(dice.uniform(0.1, 0.8, inner), 2),
        "resolve": Column(np.append(dice.uniform(0, 1, inner - 1), np.nan)[::-1], 2),
        "spoils": fixed(1.5),
    }
    return columns, (*outer, inner)


def plain(columns: dict[str, Column], shape: tuple[int, ...]) -> dict[str, npt.NDArray[Any]]:
    """NumPy's solution of the same grid."""
    values = {
        name: c.values.reshape([len(c.values) if axis == c.axis else 1 for axis in range(len(shape))])
        for name, c in columns.items()
    }
    found = {}
    for output in GAME.outputs:
        solved = solve_plain(GAME, values, [output.name])[output.name]
        parts = solved if output.dimension else (solved,)
        stacked = np.stack([np.broadcast_to(part, shape) for part in parts])
        found[output.name] = stacked.astype(output.dtype("float64"))
    return found


@pytest.mark.parametrize("inner", LENGTHS)
def test_numpy_finds_the_same_bits(inner: int) -> None:
    columns, shape = grid(inner)
    compiled, reference = solve_grid(GAME, columns, shape, OUTPUTS), plain(columns, shape)
    for name in OUTPUTS:
        assert compiled[name].dtype == reference[name].dtype
        assert compiled[name].shape == reference[name].shape
        outside = compiled["regime"] == 254
        assert outside.any()
        for one, other in zip(compiled[name], reference[name], strict=True):
            assert one[~outside[0]].tobytes() == other[~outside[0]].tobytes()
        np.testing.assert_array_equal(compiled[name], reference[name])


@pytest.mark.parametrize("inner", LENGTHS)
def test_every_chunking_finds_the_same_bits(inner: int) -> None:
    """The whole grid at once, and in pieces cut anywhere along any axis."""
    columns, shape = grid(inner)
    whole = solve_grid(GAME, columns, shape, OUTPUTS)
    dice = np.random.default_rng(inner)
    for axis in range(3):
        inside = dice.integers(0, shape[axis] + 1, 4).tolist()
        cuts = sorted({0, shape[axis], *inside, min(1, shape[axis]), min(SHORT - 1, shape[axis])})
        pieces = []
        for start, stop in pairwise(cuts):
            cut = {n: c[slice(start, stop)] if c.axis == axis else c for n, c in columns.items()}
            piece = (*shape[:axis], stop - start, *shape[axis + 1 :])
            pieces.append(solve_grid(GAME, cut, piece, OUTPUTS))
        joined = {n: np.concatenate([p[n] for p in pieces], axis=axis + 1) for n in OUTPUTS}
        assert bits(joined) == bits(whole)


def test_a_constant_and_an_axis_find_the_same_bits() -> None:
    """At decisiveness 1 compiled code of its own spares every power; it must not tell."""
    columns, shape = grid(129)
    constant = solve_grid(GAME, {**columns, "decisiveness": fixed(1.0)}, shape, OUTPUTS)
    axis = solve_grid(GAME, {**columns, "decisiveness": Column(np.array([1.0, 1.5, 1.0]), 3)}, (*shape, 3), OUTPUTS)
    assert bits({n: a[..., 0] for n, a in axis.items()}) == bits(constant)
    assert bits({n: a[..., 2] for n, a in axis.items()}) == bits(constant)
    assert bits({n: a[..., 1] for n, a in axis.items()}) != bits(constant)


def four_axes() -> tuple[dict[str, Column], tuple[int, ...]]:
    columns, shape = grid(67, (4, 3))
    columns = {name: Column(c.values, None if c.axis is None else c.axis + 1) for name, c in columns.items()}
    return columns | {"decisiveness": Column(np.array([1.0, 0.7, 2.5, 1.0, 1.3]), 0)}, (5, *shape)


def test_every_nest_finds_the_same_bits() -> None:
    """Whatever is computed in which loop, and however rows are merged."""
    columns, shape = four_axes()
    whole = bits(solve_grid(GAME, columns, shape, OUTPUTS))
    ordered = [columns.get(p.name) or fixed(p.default) for p in GAME.parameters]
    nests = [Nest(shape, rows, middle) for rows in (1, 2, 3, 4) for middle in (None, *range(4 - rows))]
    for nest in nests:
        found = {o.name: np.full((o.components, *shape), 77, o.dtype("float64")) for o in GAME.outputs}
        solve_nest(GAME, tuple(OUTPUTS), "float64", (), nest, ordered, [f.reshape(len(f), -1) for f in found.values()])
        assert bits(found) == whole


@pytest.mark.parametrize("width", [1, 2, 4, 8, 16])
def test_every_width_of_vectors_finds_the_same_bits(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also widths that this processor has no instructions for."""
    columns, shape = four_axes()
    whole = bits(solve_grid(GAME, columns, shape, OUTPUTS))
    monkeypatch.setattr(compiler.Kernel, "width", property(lambda _: width, lambda _, value: None), raising=False)
    compiler.compile_kernel.cache_clear()
    try:
        assert bits(solve_grid(GAME, columns, shape, OUTPUTS)) == whole
    finally:
        compiler.compile_kernel.cache_clear()


class Margins(Workspace):
    """Gives out parts of arrays, and tells whether the numbers before and after them are as they were."""

    def __init__(self) -> None:
        super().__init__()
        self.given = list[tuple[npt.NDArray[np.uint8], slice]]()

    def array(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        size = prod(shape) * np.dtype(dtype).itemsize
        room, part = np.full(size + 1024, 77, np.uint8), slice(512, 512 + size)
        self.given.append((room, part))
        return room[part].view(dtype).reshape(shape)

    def whole(self) -> bool:
        return all((np.delete(room, part) == 77).all() for room, part in self.given)


@pytest.mark.parametrize("apart", [0, 24])
@pytest.mark.parametrize("past", range(0, 64, 8))
@pytest.mark.parametrize("count", LENGTHS[LENGTHS.index(SHORT) :])
def test_arrays_may_begin_anywhere(count: int, past: int, apart: int) -> None:
    """Rows are cut where vectors of the first array begin at multiples of their size, which must not tell."""
    dice = np.random.default_rng(count)
    values = {p.name: dice.uniform(0, 1.1, count) for p in GAME.parameters if p.name != "decisiveness"}
    compiled = {}
    for k, (name, numbers) in enumerate(values.items()):
        room, place = np.empty(count + 16), (past + k * apart) % 64
        start = (place - room.ctypes.data) % 64 // 8
        compiled[name] = Column(room[start : start + count], 0)
        compiled[name].values[:] = numbers
        assert compiled[name].values.ctypes.data % 64 == place
    margins = Margins()
    found = solve_grid(GAME, compiled, (count,), OUTPUTS, workspace=margins)
    assert margins.whole()
    reference = plain({name: Column(numbers, 0) for name, numbers in values.items()}, (count,))
    for name in OUTPUTS:
        np.testing.assert_array_equal(found[name], reference[name])


def test_the_width_is_chosen_once(tmp_path: Path) -> None:
    """By the first process with enough points; by the next one no more."""
    chosen = [python(CHOOSE, cache=tmp_path) for _ in range(2)]
    assert chosen[0] == chosen[1]
    widths = compiler.widths()
    assert chosen[0] in widths
    assert [int(path.read_text()) for path in tmp_path.rglob("width")] == ([chosen[0]] if len(widths) > 1 else [])


def test_what_an_axis_does_not_enter_is_not_computed_along_it() -> None:
    """Diversity enters no contest: on a grid with it innermost not one division is done for each point."""
    axes = {"cap_observer": 0, "spoils": 1, "diversity": 2}
    program = trace(GAME, DEFAULT, "float32", [OUTER] * len(GAME.parameters), (("decisiveness", 1.0),))
    where = [axes.get(p.name) for p in GAME.parameters]
    nest = choose(program.graph, program.results, where, (20, 20, 100))
    level = levels(program.graph, [nest.place(axis) for axis in where])
    divisions = [n for n in program.graph.needed(program.results) if n.op == "divide"]
    assert len(divisions) == 10
    assert not any(level[n.index] & INNER for n in divisions)


def test_outputs_do_not_depend_on_their_company() -> None:
    columns, shape = grid(130)
    every = solve_grid(GAME, columns, shape, OUTPUTS)
    assert bits(solve_grid(GAME, columns, shape, DEFAULT)) == bits({n: every[n] for n in DEFAULT})


def test_float32_is_rounded_float64() -> None:
    columns, shape = grid(130)
    wide = solve_grid(GAME, columns, shape, DEFAULT)["payoff"]
    assert solve_grid(GAME, columns, shape, DEFAULT, "float32")["payoff"].tobytes() == wide.astype("float32").tobytes()


@pytest.mark.parametrize("decisiveness", [1.0, None])
def test_the_scalar_peer_agrees(decisiveness: float | None) -> None:
    """The same game written apart, with branches and in another arrangement, at random points."""
    dice, count = np.random.default_rng(5), 50_000
    high = {"cap_leader": 3, "cap_partner": 3, "cap_target": 3, "cap_observer": 3, "spoils": 3, "attrition": 0.99}
    high |= {"cost_support": 0.05, "cost_oppose": 0.15, "cost_stay": 0.05, "war_resolute": 0.2, "decisiveness": 3}
    values = {p.name: dice.uniform(0.001, high.get(p.name, 1), count) for p in GAME.parameters}
    values["war_irresolute"] += values["war_resolute"]
    if decisiveness:
        values["decisiveness"] = np.full(count, decisiveness)
    regime, payoff = scalar.solve(list(values.values()), "float64")
    columns = {n: Column(v, 0) for n, v in values.items()}
    if decisiveness:
        columns["decisiveness"] = fixed(decisiveness)
    found = solve_grid(GAME, columns, (count,), DEFAULT)
    assert set(regime.tolist()) == set(range(10))
    assert found["regime"][0].tolist() == regime.tolist()
    np.testing.assert_allclose(found["payoff"], payoff, rtol=0, atol=1e-12)
