"""The report of a cube: its numbers against counts over the cube, its page and notebook as others read them."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from SALib.analyze import sobol

import posse
from conftest import Command
from posse.kernels.errors import InputError
from posse.report.page import page
from posse.report.words import number, share, would_have_to_be_true
from test_html import Page

EVIL = """<b>"x"&"""
CASE: dict[str, Any] = {
    "labels": ["Suez 1956", EVIL, "Libya 2011"],
    "cap_leader": [0.05, 0.14, 0.14],
    "cap_partner": [0.03, 0.09, 0.04],
    "cap_target": [0.005, 0.002, 0.0014],
    "cap_observer": [0.26, 0.05, 0.04],
    "notes": {"observed": ["oppose", "neutral", "support"], "cap_leader_source": ["NMC: UKG <0.05>", "NMC", "NMC"]},
}
BARE = {name: column for name, column in CASE.items() if name != "notes"}
BELIEFS = {"resolve": {"uniform": [0, 1]}, "cost_oppose": {"log_uniform": [0.005, 0.5]}, "spoils": {"uniform": [1, 20]}}
SAMPLE = {"saltelli": 256, "seed": 3, **BELIEFS}
WORDS = ["neutral", "support", "oppose"]
ROWS = len(BELIEFS) + 2


def cube(**axes: Any) -> xr.Dataset:
    return posse.Sweep("restraint", axes).evaluate()


@pytest.fixture(scope="module")
def crises() -> xr.Dataset:
    return cube(case=CASE, sample=SAMPLE)


class Told(Page):
    """A page, with the rows of its tables by their captions."""

    def __init__(self, ds: xr.Dataset) -> None:
        self.tables: dict[str, list[list[str]]] = {}
        super().__init__(page(ds))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        if tag == "tr":
            self.tables[self.caption].append(self.rows[-1])

    def handle_data(self, data: str) -> None:
        super().handle_data(data)
        if self.open and self.open[-1] == "caption":
            self.caption = data
            self.tables.setdefault(data, [])

    def row(self, caption: str, label: str) -> list[str]:
        """The only row of that label, without it."""
        (found,) = (row for row in self.tables[caption] if row[0] == label)
        return found[1:]


def values(texts: list[str]) -> list[float]:
    """Numbers without their errors, and shares of counts."""
    return [number_of(text) for text in texts]


def number_of(text: str) -> float:
    first, *rest = text.replace("−", "-").replace(",", "").split()
    return float(first) / float(rest[1]) if rest[:1] == ["of"] else float(first)


@pytest.fixture(scope="module")
def told(crises: xr.Dataset) -> Told:
    return Told(crises)


def alignments(ds: xr.Dataset, case: int) -> list[str]:
    """The alignment at each point of a case, in order."""
    words = dict(zip(ds.regime.flag_values.tolist(), ds.regime.flag_group_alignment.split(), strict=True))
    return [words[code] for code in ds.regime.values[case].ravel().tolist()]


def mean_and_error(values: list[float]) -> tuple[float, float]:
    """Of all points of a design, by loops: 16 replicates, points of which five rows belong together."""
    means = []
    for replicate in range(16):
        own = [value for k, value in enumerate(values) if k // ROWS % 16 == replicate]
        means.append(sum(own) / len(own))
    spread = sum((mean - sum(means) / 16) ** 2 for mean in means) / 15
    return sum(values) / len(values), (spread / 16) ** 0.5


SHARES = "Shares of each alignment"


@pytest.mark.parametrize("case", range(3))
def test_shares_and_errors_are_those_of_a_count(crises: xr.Dataset, told: Told, case: int) -> None:
    found = alignments(crises, case)
    bar, observed, *numbers = told.row(SHARES, CASE["labels"][case])
    assert observed == CASE["notes"]["observed"][case]
    assert numbers == [number(*mean_and_error([float(name == word) for name in found])) for word in WORDS]
    shares = [f"{word} {found.count(word) / len(found):.1%}" for word in WORDS if word in found]
    assert bar == ", ".join(shares)  # what is read out in its place


def test_a_number_is_what_it_says() -> None:
    assert [number(0.12345, 0.0021), number(0.5), number(np.nan, 1), number(np.inf)] == [
        "0.123 ± 0.002",
        "0.500",
        "–",
        "∞",
    ]
    assert [number(0.2, 1e-5), number(0.2, 0.0), number(-0.31, 0.1, 2)] == [
        "0.200 ± <0.001",
        "0.200",
        "−0.31 ± 0.10",
    ]
    assert number(-1e-9) == "0.000"
    assert [share(0, 0, 4096), share(1, np.nan, 4096), share(4 / 12288, 0.0001, 12288), share(1, np.nan, 0)] == [
        "0 of 4,096",
        "4,096 of 4,096",
        "4 of 12,288",
        "1.000",
    ]


def test_all_regimes_have_their_shares(crises: xr.Dataset, told: Told) -> None:
    names = dict(zip(crises.regime.flag_values.tolist(), crises.regime.flag_meanings.split(), strict=True))
    present = told.row("Shares and their errors", "case")
    assert set(present) == {names[code] for code in np.unique(crises.regime).tolist()}
    for case, label in enumerate(CASE["labels"]):
        counted = Counter(names[code] for code in crises.regime.values[case].tolist())
        numbers = values(told.row("Shares and their errors", label))
        assert numbers == [round(counted[name] / 1280, 3) for name in present]


def test_scores_are_those_of_their_formulas(crises: xr.Dataset, told: Told) -> None:
    briers = []
    for case, (label, observed) in enumerate(zip(CASE["labels"], CASE["notes"]["observed"], strict=True)):
        found = alignments(crises, case)
        p = {word: found.count(word) / len(found) for word in WORDS}
        briers.append(sum((p[word] - (word == observed)) ** 2 for word in WORDS))
        caption = "Each case: the probability given to what happened, and the scores of that"
        happened, *numbers = told.row(caption, label)
        assert happened == observed
        assert values(numbers) == pytest.approx([p[observed], briers[-1], -np.log(p[observed])], abs=6e-4)
    means = "Mean scores; less is better"
    assert values(told.row(means, "the model"))[0] == pytest.approx(sum(briers) / 3, abs=6e-4)
    assert told.row(means, "every word alike") == ["0.667", f"{np.log(3):.3f}"]


def test_indices_are_those_of_salib(crises: xr.Dataset, told: Told) -> None:
    problem = {"num_vars": 3, "names": list(BELIEFS), "bounds": [[0, 1]] * 3}
    for case, label in enumerate(CASE["labels"]):
        word, *numbers = told.row("Total indices", label)
        assert word == CASE["notes"]["observed"][case]
        holds = np.array([float(name == word) for name in alignments(crises, case)])
        found = sobol.analyze(problem, holds, calc_second_order=False, seed=1)
        assert values(numbers) == pytest.approx(found["ST"], abs=6e-3)
        assert values(told.row(f"First-order indices of {word}", label)) == pytest.approx(found["S1"], abs=6e-3)


BOUND = {name: column for name, column in CASE.items() if name not in ("labels", "notes")}


def certain(**axes: Any) -> xr.Dataset:
    """Opposing costs nothing, or more than anything is worth: the first case opposes always, the second never."""
    labels = {"labels": ["always", "never"]} | {name: column[:2] for name, column in BOUND.items()}
    return cube(case=labels | {"cost_oppose": [0.0, 1e6], "notes": {"observed": ["oppose", "oppose"]}}, **axes)


def test_where_nothing_decides_nothing_is_said_to(tmp_path: Path) -> None:
    beliefs = {"resolve": {"uniform": [0.2, 0.21]}, "spoils": {"uniform": [1, 1.01]}}
    ds = certain(sample={"saltelli": 64, **beliefs})
    found, text = Told(ds), page(ds)
    never = alignments(ds, 1)
    assert (set(alignments(ds, 0)), len(set(never)), "oppose" in never) == ({"oppose"}, 1, False)  # as it should be
    for case in ("always", "never"):
        assert found.row("Total indices", case) == ["oppose", "–", "–"]
    assert text.count("the first two unknowns; nothing here decides whether the model says oppose") == 2
    ds.posse.report(tmp_path / "report.ipynb")
    assert (tmp_path / "report.ipynb").read_text(encoding="utf-8").count("nothing here decides whether") == 2
    assert "decide most" not in text + (tmp_path / "report.ipynb").read_text(encoding="utf-8")
    assert [found.row(SHARES, case)[-1] for case in ("always", "never")] == ["256 of 256", "0 of 256"]
    bars = re.findall(r'<svg [^>]*class="bar">.*?</svg>', text)[:2]
    assert [bar.count("mark never") for bar in bars] == [0, 2]


@pytest.mark.parametrize(("share", "clear"), [(0.006, False), (0.3, True)])
def test_indices_of_rare_words_are_grey(share: float, clear: bool) -> None:
    """A uniform belief of which about that share lies above the threshold, found by solving, at which words change."""
    across = np.linspace(0.001, 1, 20_000)
    held = {name: column[0] for name, column in BOUND.items()}
    line = posse.solve("restraint", **held, cost_stay=0.0, cost_oppose=across)
    words = np.array(line.regime.flag_group_alignment.split())[line.regime.values]
    threshold = across[np.flatnonzero(words != words[0])[0]]
    top = threshold / (1 - share)
    sample = {
        "saltelli": 512,
        "seed": 1,
        "cost_oppose": {"uniform": [0, float(top)]},
        "cost_stay": {"uniform": [0, 1e-9]},
    }
    case = {"labels": ["one"], "notes": {"observed": [str(words[0])]}} | {n: [v] for n, v in held.items()}
    ds = cube(case=case, sample=sample)
    rare = np.mean(np.array(alignments(ds, 0)) != words[0])
    assert rare == pytest.approx(share, rel=0.4)
    heat = re.search(r"<caption>Total indices</caption>.*?</table>", page(ds))
    assert heat
    cells = re.findall(r"<td([^>]*)>", heat[0])[1:]
    assert ["background" in cell for cell in cells] == [clear, False]
    assert ("too few draws tell what decides" in page(ds)) != clear
    assert ("of which cost_oppose decides most" in page(ds)) == clear


def test_the_densest_intervals_are_named() -> None:
    row = {"observed": "oppose", "unknown": "resolve", "low": 0.25, "high": np.inf}
    common = {"density": 0.746, "density_error": 0.083, "mass": 0.1, "coverage": 0.5}
    table = pd.DataFrame([row | common])
    told = would_have_to_be_true(table.assign(verdict="not reached"), 0.95)
    assert "where resolve is at least 0.25, it does in 0.746 ± 0.083 of them" in told
    told = would_have_to_be_true(table.assign(verdict="too few draws"), 0.95)
    assert told.startswith("Too few draws to tell")
    assert "If resolve is at least 0.25, the model says oppose in 0.746 ± 0.083 of the draws" in told
    told = would_have_to_be_true(table.assign(verdict="too few draws", unknown="", low=np.nan, high=np.nan), 0.95)
    assert told.endswith("As it is, the model says oppose in 0.746 ± 0.083 of the draws.")


def test_notes_stand_in_the_order_of_the_spec(tmp_path: Path) -> None:
    notes = {"year": ["1956"], "observed": ["oppose"], "crisis": ["Suez"]}
    case = {name: column[:1] for name, column in BARE.items()} | {"notes": notes}
    posse.Sweep("restraint", {"case": case, "resolve": [0.1, 0.9]}).run(tmp_path / "cube", progress=False)
    found = Told(posse.open_cube(tmp_path / "cube"))
    caps = [name for name in CASE if name.startswith("cap_")]
    assert found.row("The cases, and what is known of them", "case") == ["year", "observed", "crisis", *caps]


def test_what_would_have_to_be_true_holds_in_the_draws(crises: xr.Dataset, told: Told) -> None:
    """Of the first case: the interval that is told has the share of draws that is told, in every other replicate."""
    text = "".join(told.texts)
    match = re.search(
        r"If (\w+) is at most ([\d.]+), the model says oppose in ([\d.]+) ± [\d.]+ of the draws. These are ([\d.]+)%",
        text,
    )
    assert match
    odd = crises.sample.values // ROWS % 2 == 1
    within = odd & (crises[match[1]].values <= float(match[2]))
    opposes = np.array(alignments(crises, 0)) == "oppose"
    assert opposes[within].mean() == pytest.approx(float(match[3]), abs=1e-3)
    assert opposes[within].mean() > opposes[odd].mean()
    assert within.sum() / odd.sum() == pytest.approx(float(match[4]) / 100, abs=1e-3)


def test_a_map_is_solved_at_the_medians(crises: xr.Dataset) -> None:
    alts = re.findall(r'alt="Suez 1956: map of the regimes over (\w+) and (\w+): ([^"]*)"', page(crises))
    ((x, y, shares),) = alts
    drawn = {name: crises[name].values for name in BELIEFS}
    axes = {"resolve": np.linspace(0, 1, 200), "spoils": np.linspace(1, 20, 200)}
    axes["cost_oppose"] = np.geomspace(0.005, 0.5, 200)
    (rest,) = {*BELIEFS} - {x, y}
    held = {name: CASE[name][0] for name in CASE if name.startswith("cap_")}
    held[rest] = float(np.median(drawn[rest]))
    across, up = np.meshgrid(axes[x], axes[y])
    there = posse.solve("restraint", **held, **{x: across.ravel(), y: up.ravel()}).regime
    names = dict(zip(there.flag_values.tolist(), there.flag_meanings.split(), strict=True))
    counted = Counter(names[code].replace("_", " ") for code in there.values.tolist())
    wanted = {name: f"{k / 40_000:.1%}" for name, k in counted.items()}
    assert dict(part.rsplit(" ", 1) for part in shares.split(", ")) == wanted


def test_the_page_asks_for_nothing_and_hides_nothing(crises: xr.Dataset, told: Told) -> None:
    text = page(crises)
    links = re.findall(r"""(?:src|href|xlink:href|action|data|poster)=["']?([^"' >]*)""", text)
    assert len(links) == 9
    assert all(link.startswith(("data:image/png;base64,", "#case-", "#top")) for link in links)
    assert not re.search(r"url\(|@import|<script|<link|<iframe|javascript:", text)
    assert {link[1:] for link in links if link[0] == "#"} <= set(re.findall(r'id="([^"]*)"', text))
    assert (told.tags["h1"], told.tags["h3"], told.tags["img"]) == (1, 4, 3)
    assert len(re.findall(r"<img [^>]*alt=\"[^\"]{20,}\"", text)) == 3
    assert not re.search(r"<b>(&quot;|\")", text)  # the case of that name is text
    for label in CASE["labels"]:
        assert sum(label in row for row in told.rows) >= 5
        assert label in told.texts
    assert crises.attrs["spec"] in told.texts
    assert ["cap_leader", "0.05", "NMC: UKG <0.05>"] in told.rows
    assert any("Monte Carlo error is not model uncertainty" in text for text in told.texts)


def test_the_same_cube_gives_the_same_bytes(crises: xr.Dataset, tmp_path: Path) -> None:
    ds = crises.isel(case=[1])
    for name in ("a.html", "b.html"):
        ds.posse.report(tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert len(list(tmp_path.iterdir())) == 2


def test_grid_axes_are_averaged_over_and_shown_along() -> None:
    """One is called share, as the answers' own variable is."""
    ds = cube(case=CASE, share=[0.2, 0.8], sample={"sobol": 64, "resolve": {"uniform": [0, 1]}})
    found = Told(ds)
    for case, label in enumerate(CASE["labels"]):
        each = [alignments(ds.isel(share=[k]), case) for k in range(2)]
        both = each[0] + each[1]
        assert values(found.row(SHARES, label)[2:]) == pytest.approx([both.count(w) / 128 for w in WORDS], abs=6e-4)
        lines = found.tables["Shares along share"][3 * case : 3 * case + 3]
        assert lines[0] == ["share", *(word for word in WORDS if word in both)]
        for (label, *numbers), names in zip(lines[1:], each, strict=True):
            assert label in ("0.2", "0.8")
            assert values(numbers) == pytest.approx([names.count(word) / 64 for word in lines[0][1:]], abs=6e-4)
    assert found.tags["img"] == 6  # of each case lines, and a map: of resolve and share


def changed(ds: xr.Dataset, **attributes: str) -> xr.Dataset:
    return ds.assign_attrs(attributes)


UNIT = {"uniform": [0, 1]}
DRAWN = {"sobol": 32, "resolve": UNIT, "spoils": {"uniform": [1, 20]}}
ONE_BARE = {name: column[:1] for name, column in BARE.items()}
ONE = ONE_BARE | {"notes": {"observed": ["oppose"]}}
LACKING = {
    "notes": (lambda: cube(case=ONE_BARE, sample=SAMPLE), "the cube has no note “observed”", 1),
    "saltelli": (lambda: cube(case=ONE, sample=DRAWN), "needs a design axis, such as axes.sample with saltelli", 1),
    "design": (lambda: cube(case=ONE, resolve=[0.1, 0.9], spoils=[1, 5.0]), "No unknown was drawn", 3),
    "unknowns": (lambda: cube(case=ONE), "a map needs two unknowns", 0),
    "cases": (lambda: cube(sample=DRAWN), "the cube has no note “observed”", 1),
    "axes": (lambda: posse.solve("restraint"), "a map needs two unknowns", 0),
    "replicates": (lambda: cube(case=ONE, sample=DRAWN | {"replicates": 1}), "has one replicate", 1),
    "one design": (lambda: cube(case=ONE, a=DRAWN, b={"sobol": 16, "share": UNIT}), "several designs", 1),
    "cases but one": (lambda: cube(case=CASE, sample=DRAWN).isel(case=1), EVIL, 1),
    "the game": (lambda: changed(cube(case=ONE, sample=DRAWN), game="nim"), "There is no map: unknown game: 'nim'", 0),
    "its source": (lambda: changed(cube(case=ONE, sample=DRAWN), game_source_hash="0"), "has another source here", 0),
    "attributes": (lambda: cube(case=ONE, sample=DRAWN).drop_attrs(deep=False), "There is no map", 0),
    "spelling": (
        lambda: cube(case=ONE_BARE | {"notes": {"observed": ["opose"]}}, sample=DRAWN), "did you mean 'oppose'", 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("lacks", LACKING)
def test_what_cannot_be_told_is_said(lacks: str) -> None:
    make, reason, pictures = LACKING[lacks]
    ds = make()
    found = Told(ds)
    assert reason in "".join(found.texts)
    assert found.tags["img"] == pictures
    for label in np.atleast_1d(ds["case"].values).tolist() if "case" in ds.coords else ():
        assert any(label in row for row in found.rows)
    assert "Traceback" not in "".join(found.texts)


def test_points_outside_the_domain_have_a_column_of_their_own() -> None:
    sample = {"sobol": 64, "war_irresolute": {"uniform": [0, 0.1]}, "resolve": {"uniform": [0, 1]}}
    ds = posse.Sweep("restraint", {"case": CASE, "sample": sample}, outside_domain="mark").evaluate()
    assert values(Told(ds).row(SHARES, "Suez 1956")[-1:]) == [0.5]  # a resolute observer's costs are 0.05


def test_a_game_with_other_words() -> None:
    case = {"labels": ["a", "b"], "cap_observer": [0.5, 2], "notes": {"observed": ["pooling", "mixing"]}}
    sample = {"saltelli": 64, "resolve": {"uniform": [0, 1]}, "cost_oppose": {"log_uniform": [0.005, 0.5]}}
    ds = posse.Sweep("signalling", {"case": case, "sample": sample}).evaluate()
    found = Told(ds)
    words = dict(zip(ds.regime.flag_values.tolist(), ds.regime.flag_group_pattern.split(), strict=True))
    pooling = [words[code] == "pooling" for code in ds.regime.values[0].tolist()]
    assert found.row("Shares of each pattern", "case")[2] == "pooling"
    assert values(found.row("Shares of each pattern", "a")[2:3]) == pytest.approx([np.mean(pooling)], abs=6e-4)
    assert found.tags["img"] == 2


@pytest.mark.parametrize("ds", [xr.Dataset(), xr.Dataset({"x": ("i", [1.0])}), posse.solve("restraint")[["payoff"]]])
@pytest.mark.parametrize("suffix", ["html", "ipynb"])
def test_nothing_to_report_is_one_line(ds: xr.Dataset, suffix: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no variable holds codes; there is") as error:
        ds.posse.report(tmp_path / f"report.{suffix}")
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_the_command(cli: Command, tmp_path: Path) -> None:
    posse.Sweep("restraint", {"resolve": [0.1, 0.9]}).run(tmp_path / "cube", progress=False)
    out = tmp_path / "report.html"
    out.write_text("old")
    status, said, errors = cli("report", tmp_path / "cube", "--out", out)
    assert (status, errors) == (0, "")
    assert re.fullmatch(rf"{out}: \d+\.\d kB\n", said)
    assert Page(out.read_text(encoding="utf-8")).tags["h1"] == 1
    status, _, errors = cli("report", tmp_path / "cube", "--out", tmp_path / "report.pdf")
    assert (status, errors) == (2, "posse: unknown file type: '.pdf'; there is .html, .ipynb\n")
    status, _, errors = cli("report", tmp_path / "cube", "--out", tmp_path / "no" / "report.html")
    assert (status, len(errors.splitlines())) == (2, 1)


def test_a_part_is_no_notebook(crises: xr.Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is a part of a cube.*write \.html"):
        crises.isel(case=[0]).posse.report(tmp_path / "part.ipynb")
    with pytest.raises(InputError, match=r"has no attribute spec.*write \.html"):
        crises.drop_attrs(deep=False).posse.report(tmp_path / "part.ipynb")


def test_the_notebook_asks_the_same(cli: Command, crises: xr.Dataset, tmp_path: Path) -> None:
    posse.Sweep("restraint", {"case": CASE, "sample": SAMPLE}).run(tmp_path / "cube", progress=False)
    path = tmp_path / "report.ipynb"
    assert cli("report", tmp_path / "cube", "--out", path)[0] == 0
    nbformat.validate(json.loads(path.read_text(encoding="utf-8")))
    command = [sys.executable, "-c", "from nbclient.cli import main; main()", "--inplace", path.name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    outputs = [cell.outputs for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    shares = outputs[1][0].data["text/plain"].splitlines()
    for case, label in enumerate(CASE["labels"]):
        found = alignments(crises, case)
        (line,) = (line for line in shares if line.startswith(label))
        wanted = [round(found.count(word) / len(found), 3) for word in WORDS]
        assert [float(text) for text in line.removeprefix(label).split()[:3]] == wanted
    assert sum("image/png" in output.get("data", {}) for cell in outputs for output in cell) == 3


@pytest.mark.parametrize(
    "axes", [{"case": CASE, "share": [0.2, 0.8], "sample": SAMPLE}, {"resolve": [0.1, 0.9], "spoils": [1, 5.0]}]
)
def test_a_notebook_of_what_is_in_no_store_solves_it(axes: dict[str, Any], tmp_path: Path) -> None:
    ds = cube(**axes)
    ds.posse.report(tmp_path / "report.ipynb")
    scope: dict[str, Any] = {}
    for cell in json.loads((tmp_path / "report.ipynb").read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]).removeprefix("%matplotlib inline"), scope)
    assert scope["cube"].regime.equals(ds.regime)
    shares = scope["predicted"].share
    if "case" in axes:
        found = alignments(ds, 1)
        assert shares.sel(case=EVIL).values[:3].tolist() == [found.count(word) / len(found) for word in WORDS]
    else:
        assert float(shares.sum()) == 1


def test_a_cube_too_large_to_be_held_tells_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = posse.Sweep("restraint", {"case": ONE, "share": [0.2, 0.8], "sample": DRAWN})
    sweep.run(tmp_path / "cube", progress=False)
    held = page(posse.open_cube(tmp_path / "cube"))
    monkeypatch.setattr("posse.report.question.MOST_LOADED", 0)
    assert page(posse.open_cube(tmp_path / "cube")) == held
