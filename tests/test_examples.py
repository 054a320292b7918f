"""The examples: a game outside the package, against the problem that its players solve."""

import doctest
import json
import os
import re
import shutil
import subprocess
import sys
from fractions import Fraction
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from posse.kernels.declaration import Game
from posse.kernels.point import solve_plain

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture(scope="module")
def ultimatum() -> Game:
    spec = spec_from_file_location("ultimatum", EXAMPLES / "ultimatum" / "ultimatum.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    sys.modules["ultimatum"] = module
    spec.loader.exec_module(module)
    game: Game = module.GAME
    return game


def test_the_ultimatum_is_less_than_sixty_lines() -> None:
    assert len((EXAMPLES / "ultimatum" / "ultimatum.py").read_text("utf-8").splitlines()) < 60


@pytest.mark.parametrize("power", [Fraction(0), Fraction(1, 3), Fraction(9, 10), Fraction(1)])
@pytest.mark.parametrize("cost", [Fraction(0), Fraction(1, 10), Fraction(2)])
@pytest.mark.parametrize("largest", [Fraction(1, 10), Fraction(1, 2), Fraction(3)])
def test_no_demand_is_better_and_war_comes_as_often_as_targets_refuse(
    ultimatum: Game, power: Fraction, cost: Fraction, largest: Fraction
) -> None:
    """Types of the target are taken one by one, each the middle of one of many equal parts of [0, C]."""
    found = solve_plain(ultimatum, {"power": power, "cost": cost, "largest_cost": largest})
    types = [largest * Fraction(2 * k + 1, 2000) for k in range(1000)]

    def outcome(demand: Fraction) -> tuple[Fraction, Fraction, Fraction]:
        fighting = [c for c in types if 1 - demand < 1 - power - c]
        war = Fraction(len(fighting), len(types))
        challenger = (1 - war) * demand + war * (power - cost)
        target = (1 - war) * (1 - demand) + war * (1 - power) - sum(fighting, Fraction(0)) / len(types)
        return war, challenger, target

    war, *payoff = outcome(found["demand"])
    part = largest / 1000
    assert abs(war - found["war"]) <= Fraction(1, 1000)
    assert all(
        abs(ours - theirs) <= part + Fraction(1, 1000) for ours, theirs in zip(found["payoff"], payoff, strict=True)
    )
    best = max(outcome(Fraction(k, 200))[1] for k in range(201))
    assert found["payoff"][0] >= best - part - Fraction(1, 1000)


PIP = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--target"]


def test_the_page_on_games_can_be_followed_to_the_letter(tmp_path: Path) -> None:
    """Its blocks as a module, its pyproject.toml beside it."""
    page = (EXAMPLES.parent / "docs" / "games.md").read_text(encoding="utf-8")
    blocks = [m[1] for m in re.finditer(r"^```python\n(.*?)^```", page.partition("## Against")[0], re.M | re.S)]
    source = "".join(e.source for block in blocks for e in doctest.DocTestParser().get_examples(block))
    (project,) = re.findall(r"^```toml\n# pyproject.toml\n(.*?)^```", page, re.M | re.S)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "crisis.py").write_text(source, encoding="utf-8")
    (tmp_path / "mine" / "pyproject.toml").write_text(project, encoding="utf-8")
    installed = subprocess.run([*PIP, tmp_path / "site", tmp_path / "mine"], capture_output=True, text=True)
    assert installed.returncode == 0, installed.stderr
    variables = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "posse", "solve", "crisis", "--set", "power=1", "--json"]
    done = subprocess.run(command, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["solution"] == {"regime": "appeasement", "demand": 1, "war": 0}


@pytest.mark.slow
def test_it_installs_and_is_swept_like_any_other(tmp_path: Path) -> None:
    source = shutil.copytree(EXAMPLES / "ultimatum", tmp_path / "ultimatum")  # setuptools builds beside what it builds
    installed = subprocess.run([*PIP, tmp_path / "site", source], capture_output=True, text=True)
    assert installed.returncode == 0, installed.stderr
    spec = tmp_path / "sweep.toml"
    spec.write_text(
        'game = "ultimatum"\n[axes]\npower = { linspace = [0, 1, 51] }\ncost = { linspace = [0, 0.5, 51] }\n'
    )
    variables = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    for command in (
        ["games", "ultimatum"],
        ["run", spec, "--store", tmp_path / "cube", "--local", "1", "--no-progress"],
        ["plot", tmp_path / "cube", "--x", "power", "--y", "cost", "--out", tmp_path / "map.png"],
        ["verify", tmp_path / "cube"],
    ):
        done = subprocess.run([sys.executable, "-m", "posse", *command], env=variables, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "map.png").stat().st_size > 10_000
