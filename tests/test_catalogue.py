"""The games that packages register: what one of them does wrong is told in one line and troubles no other."""

import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import posse
from posse.kernels import catalogue
from posse.kernels.catalogue import BrokenGameWarning
from posse.kernels.errors import InputError

Install = Callable[..., None]

TINY = """
from collections import namedtuple
from posse import Domain, Flag, Game, Output, Parameter
from posse.kernels.vocabulary import where
R = namedtuple("R", "regime size")
def solve(x):
    return R({regime}, {size})
codes = Output("regime", "codes", "regime", (Flag(0, "no", "no"), Flag(1, "yes", "yes")))
x = Parameter("x", "x", Domain(0, 1), 0.5, "first")
GAME = Game({name!r}, "A game", "1", (x,), (codes, Output("size", "real", "size")), solve)
"""


def tiny(name: str, regime: str = "where(x > 0.5, 1, 0)", size: str = "1 / x") -> str:
    return TINY.format(name=name, regime=regime, size=size)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a package whose module has this text and which registers this value as a game."""
    monkeypatch.syspath_prepend(tmp_path)
    modules = set(sys.modules)

    def call(game: str, text: str, value: str = "GAME", package: str = "") -> None:
        module = f"games_of_{package or game}"
        (tmp_path / f"{module}.py").write_text(text)
        info = tmp_path / f"{module}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1\n")
        (info / "entry_points.txt").write_text(f"[posse.games]\n{game} = {module}:{value}\n")

    catalogue._load.cache_clear()
    yield call
    catalogue._load.cache_clear()
    for name in set(sys.modules) - modules:
        if name.startswith("games_of_"):
            del sys.modules[name]


BROKEN = {
    "raises": ("raise RuntimeError('explodes\\nand more')", "GAME", "RuntimeError: explodes"),
    "exits": ("import sys\nsys.exit(3)", "GAME", "SystemExit: 3"),
    "imports": ("import nowhere_to_be_found", "GAME", "No module named 'nowhere_to_be_found'"),
    "syntax": ("def f(:", "GAME", "SyntaxError"),
    "attribute": ("", "GAME", "no attribute 'GAME'"),
    "number": ("GAME = 3", "GAME", "is 3, not a posse Game"),
    "function": ("def make(): pass", "make", "is <function make"),
    "other_name": (tiny("another"), "GAME", "is the game 'another'; give both the same name"),
    "unsound": (tiny("two words"), "GAME", "'two words': is not a name"),
}


def test_broken_packages_leave_the_others_alone(install: Install) -> None:
    install("good", tiny("good"))
    for name, (text, value, _) in BROKEN.items():
        install(name, text, value)
    with pytest.warns(BrokenGameWarning) as told:
        found = posse.games()
    assert {"good", "restraint", "signalling"} <= set(found)
    assert not set(found) & set(BROKEN)
    for name, (_, _, message) in BROKEN.items():
        (line,) = [str(w.message) for w in told if f"game '{name}'" in str(w.message)]
        assert message in line
        assert "\n" not in line
        with pytest.raises(InputError) as refused:
            posse.game(name)
        assert str(refused.value) == line


def test_a_name_that_two_packages_register_is_nobodys(install: Install) -> None:
    install("same", tiny("same"), package="one")
    install("same", tiny("same"), package="two")
    with pytest.raises(InputError, match=r"'same': is registered twice: games_of_one.* and games_of_two"):
        posse.game("same")
    install("restraint", tiny("restraint"), package="thief")
    with pytest.raises(InputError, match="games_of_thief"):
        posse.game("restraint")


def test_the_command_line_lists_what_is_sound(install: Install, cli: Callable[..., tuple[int, str, str]]) -> None:
    install("good", tiny("good"))
    install("bad", BROKEN["exits"][0])
    for arguments in (["games"], ["games", "--json"], ["solve", "--help"]):
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            status, out, err = cli(*arguments)
        assert status == 0
        assert "good" in out
        assert "restraint" in out
        assert len(err.splitlines()) == 1
        assert err.startswith("posse: game 'bad': its entry point")
    assert cli("solve", "good", "--set", "x=1")[:2] == (0, "regime  yes\nsize    1\n")


def test_one_point_is_refused_where_a_sweep_would_be(
    install: Install, cli: Callable[..., tuple[int, str, str]]
) -> None:
    install("undeclared", tiny("undeclared", regime="x * 7"))
    install("branching", tiny("branching", size="1 if x > 0 else 0"))
    install("infinite", tiny("infinite"))
    status, out, err = cli("solve", "undeclared")
    assert (status, out) == (2, "")
    assert err == "posse: game undeclared: regime is 3.5, but its codes are 0, 1\n"
    status, out, err = cli("solve", "branching")
    assert (status, out) == (2, "")
    assert "game branching: cannot be compiled: branches on a number" in err
    assert len(err.splitlines()) == 1
    assert cli("solve", "infinite", "--set", "x=0")[:2] == (0, "regime  no\nsize    inf\n")
    assert cli("games", "branching")[0] == 0
    assert '"source_hash": null' in cli("games", "branching", "--json")[1]
