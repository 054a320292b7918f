"""Cases: what two data sets say of fifteen crises, read by hand from the files; and what they do not say."""

import csv
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

import posse
from posse.kernels.errors import InputError

Run = Callable[..., tuple[int, str, str]]

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
FILES = {
    "crises": DATA / "crises.csv",
    "capabilities": DATA / "NMC-60-abridged.csv",
    "ideal_points": DATA / "ungaidealpoints.csv",
}
needs_data = pytest.mark.skipif(not all(f.exists() for f in FILES.values()), reason="the data sets are not here")

# By year and state. Capabilities: Correlates of War, National Material Capabilities 6.0 (Singer, Bremer and Stuckey
# 1972). Ideal points: UN General Assembly (Bailey, Strezhnev and Voeten 2017). Triples: crisis, year, leader and
# partners by both codes, target, observer, what it did.
CINC = {
    1950: {
        "USA": 0.28444302,
        "UKG": 0.061348703,
        "TUR": 0.010197137,
        "AUL": 0.0068384274,
        "CAN": 0.012605249,
        "PRK": 0.0026701791,
        "CHN": 0.11849532,
    },
    1956: {
        "UKG": 0.049223699,
        "FRN": 0.032562353,
        "ISR": 0.0011855757,
        "EGY": 0.0052114734,
        "USA": 0.2606138,
        "RUS": 0.17019655,
    },
    1965: {"USA": 0.2015391, "ROK": 0.0090671098, "AUL": 0.0072815907, "DRV": 0.0039885025, "CHN": 0.10888977},
    1968: {
        "RUS": 0.17100362,
        "POL": 0.014098695,
        "HUN": 0.004179636,
        "BUL": 0.0032752843,
        "CZE": 0.0096778441,
        "USA": 0.20341188,
    },
    1973: {"EGY": 0.008649677, "SYR": 0.0018107152, "ISR": 0.0032918791, "USA": 0.15881944},
    1991: {
        "USA": 0.13713777,
        "UKG": 0.026299302,
        "FRN": 0.021559888,
        "SAU": 0.013304139,
        "EGY": 0.0085041784,
        "IRQ": 0.0083682146,
        "RUS": 0.10326506,
        "IRN": 0.010545701,
    },
    1999: {
        "USA": 0.14250799,
        "UKG": 0.023144318,
        "FRN": 0.020881752,
        "GMY": 0.027760297,
        "ITA": 0.018796369,
        "YUG": 0.0020388458,
        "RUS": 0.051476691,
        "CHN": 0.1575557,
    },
    2001: {
        "USA": 0.14141168,
        "UKG": 0.02134474,
        "CAN": 0.010798017,
        "AUL": 0.0068932804,
        "AFG": 0.0012150784,
        "RUS": 0.053511951,
        "PAK": 0.013256838,
    },
    2003: {
        "USA": 0.15177245,
        "UKG": 0.01914165,
        "AUL": 0.0075095664,
        "POL": 0.0069807051,
        "IRQ": 0.0066379537,
        "RUS": 0.049654987,
        "IRN": 0.013265464,
    },
    2011: {
        "USA": 0.14285889,
        "UKG": 0.015217654,
        "FRN": 0.014671733,
        "ITA": 0.013636108,
        "LIB": 0.0013641062,
        "RUS": 0.039848171,
    },
}
IDEAL_POINTS = {
    1950: {"USA": 1.660217, "GBR": 1.308532, "TUR": 1.351302, "AUS": 1.356201, "CAN": 1.857838},
    1956: {"GBR": 2.156048, "FRA": 2.449901, "ISR": 1.590373},
    1965: {"USA": 2.124358, "AUS": 1.978971},
    1968: {"RUS": -1.906163, "POL": -1.767163, "HUN": -1.963815, "BGR": -1.894396},
    1973: {"EGY": -0.7157209, "SYR": -0.6720178},
    1991: {"USA": 3.008041, "GBR": 2.248488, "FRA": 1.909513, "SAU": -0.8132478, "EGY": -0.6395335},
    1999: {"USA": 2.716752, "GBR": 1.745867, "FRA": 1.574901, "DEU": 1.437268, "ITA": 1.14047},
    2001: {"USA": 2.685701, "GBR": 1.712978, "CAN": 1.251071, "AUS": 1.086122},
    2003: {"USA": 2.929237, "GBR": 1.747711, "AUS": 1.261605, "POL": 1.257821},
    2011: {"USA": 2.505613, "GBR": 1.538768, "FRA": 1.312371, "ITA": 0.9791541},
}
ENDS = {  # of the assembly
    1950: (("BLR", -2.881887), ("ZAF", 2.528929)),
    1956: (("HUN", -2.852487), ("FRA", 2.449901)),
    1965: (("ALB", -2.539881), ("ZAF", 2.319793)),
    1968: (("ALB", -2.424203), ("ZAF", 2.614833)),
    1973: (("POL", -2.198503), ("ZAF", 2.703385)),
    1991: (("CUB", -1.87429), ("USA", 3.008041)),
    1999: (("PRK", -1.642606), ("USA", 2.716752)),
    2001: (("LBY", -1.735339), ("USA", 2.685701)),
    2003: (("LBY", -1.622233), ("USA", 2.929237)),
    2011: (("VEN", -1.852841), ("NRU", 2.621239)),
}
TRIPLES = [
    ("Korea", 1950, "USA USA", "UKG GBR TUR TUR AUL AUS CAN CAN", "PRK", "CHN", "oppose"),
    ("Suez", 1956, "UKG GBR", "FRN FRA ISR ISR", "EGY", "USA", "oppose"),
    ("Suez", 1956, "UKG GBR", "FRN FRA ISR ISR", "EGY", "RUS", "oppose"),
    ("Vietnam", 1965, "USA USA", "ROK KOR AUL AUS", "DRV", "CHN", "oppose"),
    ("Prague", 1968, "RUS RUS", "POL POL HUN HUN BUL BGR", "CZE", "USA", "neutral"),
    ("October War", 1973, "EGY EGY", "SYR SYR", "ISR", "USA", "oppose"),
    ("Gulf War", 1991, "USA USA", "UKG GBR FRN FRA SAU SAU EGY EGY", "IRQ", "RUS", "neutral"),
    ("Gulf War", 1991, "USA USA", "UKG GBR FRN FRA SAU SAU EGY EGY", "IRQ", "IRN", "neutral"),
    ("Kosovo", 1999, "USA USA", "UKG GBR FRN FRA GMY DEU ITA ITA", "YUG", "RUS", "support"),
    ("Kosovo", 1999, "USA USA", "UKG GBR FRN FRA GMY DEU ITA ITA", "YUG", "CHN", "neutral"),
    ("Afghanistan", 2001, "USA USA", "UKG GBR CAN CAN AUL AUS", "AFG", "RUS", "support"),
    ("Afghanistan", 2001, "USA USA", "UKG GBR CAN CAN AUL AUS", "AFG", "PAK", "support"),
    ("Iraq", 2003, "USA USA", "UKG GBR AUL AUS POL POL", "IRQ", "RUS", "neutral"),
    ("Iraq", 2003, "USA USA", "UKG GBR AUL AUS POL POL", "IRQ", "IRN", "neutral"),
    ("Libya", 2011, "USA USA", "UKG GBR FRN FRA ITA ITA", "LIB", "RUS", "neutral"),
]
LABELS = [f"{crisis} {year} ({observer})" for crisis, year, *_, observer, _ in TRIPLES]

# Made up.
CRISES = (
    "crisis,year,leader_cow,leader_iso3,partners_cow,partners_iso3,target_cow,target_iso3,observer_cow,observer_iso3\n"
    "War,1991,USA,USA,UKG;FRN,GBR;FRA,PRK,PRK,CHN,CHN\n"
)
SHARES = {("USA", 2): 0.2, ("UKG", 200): 0.06, ("FRN", 220): 0.03, ("CHN", 710): 0.1, ("PRK", 731): 0.01}
POINTS = {("USA", 2): 2.0, ("GBR", 200): 1.5, ("FRA", 220): 0.5, ("PRK", 731): -2.0}
DIVERSITY = (0.06 * 0.5 + 0.03 * 1.5) / 0.09 / 4


def shares(**changed: object) -> str:
    """A file of capabilities as the Correlates of War publish it; changed: the figure of a state in 1991."""
    lines = [
        f"{abb},{ccode},{year},5,{changed.get(abb, share) if year == 1991 else share},7"
        for (abb, ccode), share in SHARES.items()
        for year in (1990, 1991)
    ]
    return "\n".join(["stateabb,ccode,year,milex,cinc,version", *lines])


def points(**changed: object) -> str:
    """A file of ideal points as its authors publish it, by session."""
    lines = [
        f'"{n}",{ccode},46,{changed.get(iso, point)},90,{iso},Côte'
        for n, ((iso, ccode), point) in enumerate(POINTS.items())
    ]
    return "\n".join(['"","ccode","session","IdealPointAll","NVotesAll","iso3c","Countryname"', *lines])


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with small files."""
    monkeypatch.chdir(tmp_path)
    write("crises.csv", CRISES)
    write("NMC.csv", shares())
    write("points_Jul2023.csv", points())
    return tmp_path


def write(name: str, text: str, encoding: str = "utf-8") -> None:
    Path(name).write_bytes(text.encode(encoding))


def made(**options: Any) -> Any:
    files = {"crises": "crises.csv", "capabilities": "NMC.csv", "ideal_points": "points_Jul2023.csv"}
    return posse.cases(**{**files, **options})


def by_hand(
    crisis: str, year: int, leader: str, partners: str, target: str, observer: str, observed: str
) -> list[float]:
    """The five parameters of a triple, from the figures above."""
    cinc, point, (low, high) = CINC[year], IDEAL_POINTS[year], ENDS[year]
    cow, iso = partners.split()[::2], partners.split()[1::2]
    known = {c: point[i] for c, i in zip(cow, iso, strict=True) if i in point}
    weighted = sum(cinc[c] * abs(p - point[leader.split()[1]]) for c, p in known.items())
    diversity = weighted / sum(cinc[c] for c in known) / (high[1] - low[1])
    return [cinc[leader.split()[0]], sum(cinc[c] for c in cow), cinc[target], cinc[observer], diversity]


# The whole files


@needs_data
def test_the_figures_above_are_those_in_the_files() -> None:
    def column(file: str, state: str, figure: str) -> dict[tuple[str, int], float]:
        with FILES[file].open(encoding="utf-8", newline="") as lines:
            return {(row[state], int(row["year"])): float(row[figure]) for row in csv.DictReader(lines)}

    cinc = column("capabilities", "stateabb", "cinc")
    assert {(s, y): v for y, of in CINC.items() for s, v in of.items()}.items() <= cinc.items()
    points = column("ideal_points", "iso3", "ideal_point")
    assert {(s, y): v for y, of in IDEAL_POINTS.items() for s, v in of.items()}.items() <= points.items()
    for year, ends in ENDS.items():
        there = sorted((value, state) for (state, when), value in points.items() if when == year)
        assert ends == tuple((state, value) for value, state in (there[0], there[-1]))
    with FILES["crises"].open(encoding="utf-8", newline="") as lines:
        for row, (crisis, year, leader, partners, target, observer, observed) in zip(
            csv.DictReader(lines), TRIPLES, strict=True
        ):
            assert [row["crisis"], row["year"], row["observed"]] == [crisis, str(year), observed]
            assert f"{row['leader_cow']} {row['leader_iso3']}" == leader
            assert [row["target_cow"], row["observer_cow"]] == [target, observer]
            assert row["partners_cow"].split(";") == partners.split()[::2]
            assert row["partners_iso3"].split(";") == partners.split()[1::2]


@needs_data
def test_every_parameter_of_every_triple_is_that_by_hand() -> None:
    found = posse.cases(**FILES, missing="drop-partner")
    assert found.axis["labels"] == LABELS
    assert found.left_out == ()
    names = ["cap_leader", "cap_partner", "cap_target", "cap_observer", "diversity"]
    rows = zip(*(found.axis[name] for name in names), strict=True)
    for row, triple in zip(rows, TRIPLES, strict=True):
        assert list(row) == pytest.approx(by_hand(*triple), rel=1e-12)
    assert found.axis["notes"]["observed"] == [triple[-1] for triple in TRIPLES]


@needs_data
def test_what_is_missing_or_ambiguous_is_told_with_crisis_state_and_year() -> None:
    found = posse.cases(**FILES)
    assert found.left_out == ("Vietnam 1965 (CHN)",)
    assert found.axis["labels"] == [label for label in LABELS if label != "Vietnam 1965 (CHN)"]
    told = [
        ["Vietnam 1965 (CHN): partner KOR 1965", "from 1991 to 2022", "left out"],
        ["Gulf War 1991 (RUS): observer RUS 1991", "Soviet Union"],
        ["Kosovo 1999 (RUS): target YUG 1999", "Serbia"],
        ["Kosovo 1999 (CHN): target YUG 1999", "Serbia"],
    ]
    for line, words in zip(found.report, told, strict=True):
        assert all(word in line for word in words), line


@needs_data
def test_sources_quote_what_stands_in_the_files() -> None:
    found = posse.cases(**FILES, missing="drop-partner")
    notes = found.axis["notes"]
    for at, (_, year, leader, partners, target, observer, _) in enumerate(TRIPLES):
        states = {
            "leader": leader.split()[:1],
            "partner": partners.split()[::2],
            "target": [target],
            "observer": [observer],
        }
        for role, codes in states.items():
            source = notes[f"cap_{role}_source"][at]
            assert source.startswith(f"NMC-60-abridged.csv, version 2021, cinc {year}: ")
            quoted = dict(part.split() for part in source.partition(": ")[2].split(" + "))
            assert {code: float(text) for code, text in quoted.items()} == {code: CINC[year][code] for code in codes}
        for iso in [leader.split()[1], *partners.split()[1::2]]:
            point = IDEAL_POINTS[year].get(iso)
            quoted = f"{iso} {point}" if point is not None else f"(without partner {iso})"
            assert quoted in notes["diversity_source"][at]


@needs_data
def test_the_example_is_what_the_command_makes_of_the_files() -> None:
    written = tomllib.loads((Path(__file__).parent.parent / "examples" / "crises.toml").read_text(encoding="utf-8"))
    assert written["axes"]["case"] == posse.cases(**FILES, missing="drop-partner").axis


# Files as others leave them


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters_make_no_difference(desk: Path, encoding: str, delimiter: str) -> None:
    wanted = made().axis
    write("points_Jul2023.csv", points().replace(",", delimiter).replace("\n", "\r\n"), encoding)
    decimal = "," if delimiter == ";" else "."
    write("NMC.csv", shares().replace(",", delimiter).replace("0.", f"0{decimal}"), encoding)
    found = made().axis
    assert [found[name] for name in ("labels", "cap_partner")] == [wanted[name] for name in ("labels", "cap_partner")]
    assert found["diversity"] == wanted["diversity"] == [pytest.approx(DIVERSITY)]


def test_columns_in_another_order_and_case_and_more_of_them(desk: Path) -> None:
    wanted = made().axis
    rows = list(csv.reader(shares().splitlines()))
    text = "\n".join(",".join([*reversed(row), "more"]) for row in rows)
    write("NMC.csv", text.replace("stateabb", "StateAbb").replace("cinc", " CINC").replace("year", "Year"))
    assert {**made().axis, "notes": None} == {**wanted, "notes": None}


def test_blanks_line_breaks_and_semicolons_too_many_change_nothing(desk: Path) -> None:
    wanted = made().axis
    changed = CRISES.replace("War,1991", '" War\n", 1991.0').replace("UKG;FRN,GBR;FRA", "ukg; FRN;,GBR ;FRA;")
    write("crises.csv", changed + ",,,,,,,,,\n")
    assert made().axis == wanted


def test_letters_of_one_system_are_enough_where_the_capabilities_have_the_numbers_of_both(desk: Path) -> None:
    wanted = made().axis
    write("crises.csv", "\n".join(",".join(line.split(",")[i] for i in (0, 1, 2, 4, 6, 8)) for line in CRISES.split()))
    found = made()
    assert found.axis["diversity"] == wanted["diversity"]
    assert found.report == ()
    numbers = {state: f"{ccode:03}" for state, ccode in SHARES}
    text = re.sub(r"[A-Z]{3}", lambda match: numbers[match[0]], Path("crises.csv").read_text())
    write("crises.csv", text.replace("_cow", "_ccode"))
    assert made().axis["diversity"] == wanted["diversity"]


def test_names_of_ones_own_in_tables_of_ones_own(desk: Path) -> None:
    wanted = made().axis
    write("crises.csv", "observer,target,partners,leader,year,crisis\nchina,korea,uk;côte,us,1991,War")
    names = {"USA": "us", "UKG": "uk", "FRN": "côte", "CHN": "china", "PRK": "korea", "GBR": "uk", "FRA": "côte"}
    own = [f"{names[s]},1991,{v}" for (s, _), v in SHARES.items()]
    write("NMC.csv", "\n".join(["state,year,capability", *own]), "latin-1")
    own = [f"{v},{names[s]},1991" for (s, _), v in POINTS.items()]
    write("points_Jul2023.csv", "\n".join(["ideal_point,state,year", *own]))
    mine = made().axis
    assert mine["labels"] == ["War 1991 (china)"]
    assert [mine[name] for name in ("cap_partner", "diversity")] == [
        wanted[name] for name in ("cap_partner", "diversity")
    ]


def test_rules_of_diversity(desk: Path) -> None:
    assert made().axis["diversity"] == [pytest.approx((0.06 * 0.5 + 0.03 * 1.5) / 0.09 / 4)]
    assert made(diversity="mean").axis["diversity"] == [pytest.approx(1.0 / 4)]
    assert made(diversity="largest").axis["diversity"] == [pytest.approx(1.5 / 4)]

    def smallest(distances: list[float], capabilities: list[float]) -> float:
        assert capabilities == [0.06, 0.03]
        return min(distances)

    found = made(diversity=smallest)
    assert found.axis["diversity"] == [pytest.approx(0.5 / 4)]
    assert "smallest" in found.axis["notes"]["diversity_source"][0]
    with pytest.raises(InputError, match=r"the rule <lambda> gives 5 for War 1991 \(CHN\); allowed is .* 0 to .* 4$"):
        made(diversity=lambda distances, capabilities: 5)
    with pytest.raises(
        InputError, match=r"^diversity: the rule <lambda> cannot be evaluated for War 1991 \(CHN\): Zero"
    ):
        made(diversity=lambda distances, capabilities: 1 / 0)


def test_versions_come_from_the_column_or_from_the_name(desk: Path) -> None:
    notes = made().axis["notes"]
    assert notes["cap_target_source"] == ["NMC.csv, version 7, cinc 1991: PRK 0.01"]
    assert notes["diversity_source"][0].startswith("points_Jul2023.csv, version Jul2023, IdealPointAll 1991: USA 2.0 ")


# What is missing. Two crises, the first of which is complete.

TWO = CRISES + "Raid,1991,USA,USA,UKG,GBR,FRN,FRA,PRK,PRK\n"


@pytest.mark.parametrize("empty", ["-9", "", "NA", "."])
def test_a_missing_capability_leaves_the_crisis_out(desk: Path, empty: str) -> None:
    write("crises.csv", TWO)
    write("NMC.csv", shares(CHN=empty))
    found = made()
    assert found.axis["labels"] == ["Raid 1991 (PRK)"]
    (line,) = found.report
    assert line.startswith("War 1991 (CHN): observer CHN 1991 has cinc")
    assert line.endswith("NMC.csv, which is missing; left out")


def test_a_partner_without_an_ideal_point_is_dropped_from_diversity_only(desk: Path) -> None:
    write("points_Jul2023.csv", points(GBR="NA"))
    found = made(missing="drop-partner")
    assert found.axis["diversity"] == [pytest.approx(1.5 / 4)]
    assert found.axis["cap_partner"] == [pytest.approx(0.09)]
    assert "(without partner GBR)" in found.axis["notes"]["diversity_source"][0]
    (line,) = found.report
    assert line.startswith("War 1991 (CHN): partner GBR 1991 has IdealPointAll NA")
    assert line.endswith("diversity is computed without it")


def test_of_partners_without_ideal_points_one_at_least_must_have_one(desk: Path) -> None:
    write("points_Jul2023.csv", points(GBR="NA", FRA="NA"))
    with pytest.raises(InputError, match=r"no crisis is complete: War 1991 \(CHN\): partner GBR 1991 .* left out"):
        made(missing="drop-partner")


def test_a_figure_that_stands_twice_is_ambiguous_unless_both_are_the_same(desk: Path) -> None:
    write("crises.csv", TWO)
    write("NMC.csv", shares() + "\nCHN,710,1991,5,0.1,7")
    assert made().report == ()
    write("NMC.csv", shares() + "\nCHN,710,1991,5,0.2,7")
    (line,) = made().report
    assert line.startswith("War 1991 (CHN): observer CHN 1991 is ambiguous in NMC.csv")
    assert "0.1 (line 9) and 0.2 (line 12)" in line


def test_of_a_state_with_another_code_that_year_the_other_is_named(desk: Path) -> None:
    write("crises.csv", TWO.replace("FRN,FRA,PRK", "GFR,DEU,PRK"))
    write("NMC.csv", shares() + "\nGFR,260,1989,5,0.03,7\nGMY,255,1991,5,0.03,7")
    (line,) = made().report
    assert line.startswith("Raid 1991 (PRK): target GFR 1991 is not in NMC.csv; it has GFR from 1989 to 1989")
    assert "in 1991 GMY" in line


# The file


def test_the_file_is_solved_as_it_is_and_carries_its_sources_into_the_cube(desk: Path, cli: Run) -> None:
    files = ["--crises", "crises.csv", "--capabilities", "NMC.csv", "--ideal-points", "points_Jul2023.csv"]
    status, out, err = cli("cases", *files, "--out", "cases.toml")
    assert (status, err) == (0, "")
    assert out == "cases.toml: 1 of 1 cases; posse run cases.toml --store cases.zarr solves them\n"
    assert cli("run", "cases.toml", "--store", "cases.zarr", "--no-progress")[0] == 0
    cube = xr.open_zarr(desk / "cases.zarr")
    assert cube.case.values.tolist() == ["War 1991 (CHN)"]
    assert cube.cap_partner_source.values.tolist() == made().axis["notes"]["cap_partner_source"]
    assert cli("slice", "cases.zarr", "--out", "cases.nc")[0::2] == (0, "")
    with xr.open_dataset("cases.nc") as slice_:
        assert slice_.cap_partner_source.values.tolist() == cube.cap_partner_source.values.tolist()
    text = Path("cases.toml").read_text(encoding="utf-8")
    hint = text.partition("or is held:\n")[2]
    Path("more.toml").write_text(text + re.sub("^# ?", "", hint, flags=re.M), encoding="utf-8")
    assert [(a.name, len(a)) for a in posse.Sweep.from_toml("more.toml").axes] == [
        ("case", 1),
        ("sample", 65536),
        ("resolve", 21),
    ]


def test_a_file_that_is_there_is_written_over_only_by_force(desk: Path, cli: Run) -> None:
    files = ["--crises", "crises.csv", "--capabilities", "NMC.csv", "--ideal-points", "points_Jul2023.csv"]
    Path("cases.toml").write_text("mine")
    status, out, err = cli("cases", *files, "--out", "cases.toml")
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert "cases.toml: is there already" in err
    assert Path("cases.toml").read_text() == "mine"
    with pytest.raises(InputError, match=r"cases.toml: is there already"):
        made().to_toml("cases.toml")
    assert cli("cases", *files, "--out", "cases.toml", "--force")[0] == 0
    assert "cap_target" in Path("cases.toml").read_text()


# Bad input: one line that names the culprit, and nothing is written.

BAD: dict[str, tuple[dict[str, str | bytes], list[str]]] = {
    "a column of crises that is not known": (
        {"crises.csv": CRISES.replace("partners_cow", "partner_cow")},
        ["crises.csv", "'partner_cow'", "did you mean 'partners_cow'?"],
    ),
    "no column of years": ({"crises.csv": CRISES.replace("year,", "", 1).replace("1991,", "")}, ["crises.csv", "year"]),
    "half of a system of codes": (
        {"crises.csv": CRISES.replace("target_cow,target_iso3", "target_iso3,target")},
        ["target_cow", "NMC.csv"],
    ),
    "letters of the other system": (
        {"crises.csv": CRISES.replace("UKG;FRN", "GBR;FRN")},
        ["line 2", "partners_cow", "'GBR'", "did you mean 'UKG'?"],
    ),
    "a state that does not exist": (
        {"crises.csv": CRISES.replace("CHN,CHN", "CHA,CHN")},
        ["line 2", "observer_cow", "'CHA'", "did you mean 'CHN'?"],
    ),
    "a state without ideal points": (
        {"crises.csv": CRISES.replace("GBR;FRA", "GBR;FRE")},
        ["line 2", "partners_iso3", "'FRE'", "did you mean 'FRA'?"],
    ),
    "a year without data": (
        {"crises.csv": CRISES.replace("1991", "1814")},
        ["no crisis is complete", "War 1814 (CHN)", "leader USA 1814", "from 1990 to 1991"],
    ),
    "figures that stand twice": (
        {"NMC.csv": shares() + "\nUSA,2,1991,5,0.3,7"},
        ["no crisis is complete", "leader USA 1991", "0.2 (line 3) and 0.3 (line 12)"],
    ),
    "an observer that watches twice": (
        {"crises.csv": CRISES + CRISES.split()[1]},
        ["line 3", "War 1991 (CHN)", "twice"],
    ),
    "a partner that stands twice": (
        {"crises.csv": CRISES.replace("UKG;FRN", "UKG;UKG")},
        ["line 2", "partners_cow", "'UKG' is partner already", "one role"],
    ),
    "an observer that leads": (
        {"crises.csv": CRISES.replace("CHN,CHN", "USA,CHN")},
        ["line 2", "observer_cow", "'USA' is leader already", "one role"],
    ),
    "a target among the partners": (
        {"crises.csv": CRISES.replace("PRK,PRK", "PRK,FRA")},
        ["line 2", "target_iso3", "'FRA' is partner already", "one role"],
    ),
    "codes of two states for one": (
        {"crises.csv": CRISES.replace("GBR;FRA", "FRA;GBR")},
        ["line 2", "partners_cow 'UKG' is 200 in NMC.csv", "partners_iso3 'FRA' is 220 in points_Jul2023.csv"],
    ),
    "a figure beyond all bounds": ({"points_Jul2023.csv": points(USA="1e308")}, ["points_Jul2023.csv", "'1e308'"]),
    "a figure in Python's way": ({"NMC.csv": shares(CHN="1_0")}, ["NMC.csv", "line 9", "cinc", "'1_0'"]),
    "a year in Python's way": ({"crises.csv": CRISES.replace("1991", "1_991")}, ["line 2", "year", "'1_991'"]),
    "what an observer cannot do": (
        {"crises.csv": CRISES.replace("observer_iso3", "observer_iso3,observed").replace("CHN,CHN", "CHN,CHN,opose")},
        ["line 2", "'opose'", "did you mean 'oppose'?"],
    ),
    "a year in words": ({"crises.csv": CRISES.replace("1991", "last")}, ["line 2", "year", "'last'"]),
    "more partners by one code": ({"crises.csv": CRISES.replace("GBR;FRA", "GBR")}, ["line 2", "partners_iso3 has 1"]),
    "no partners": (
        {"crises.csv": CRISES.replace("UKG;FRN,GBR;FRA", ",")},
        ["War 1991 (CHN)", "the partner 1991 is missing"],
    ),
    "a figure in words": ({"NMC.csv": shares(CHN="big")}, ["NMC.csv", "line 9", "cinc", "'big'"]),
    "a figure in thousands": ({"NMC.csv": shares(CHN='"1,234"')}, ["NMC.csv", "line 9", "cinc", "'1,234'"]),
    "a negative capability": ({"NMC.csv": shares(CHN="-0.2")}, ["NMC.csv", "line 9", "cinc", "'-0.2'"]),
    "no capability at all": ({"NMC.csv": shares(CHN="0")}, ["observer CHN 1991", "cinc 0", "above 0"]),
    "no column of capabilities": (
        {"NMC.csv": shares().replace("cinc", "cnic")},
        ["NMC.csv", "'cnic'", "cinc, capability"],
    ),
    "no column of states": ({"NMC.csv": "country,year,cinc\nUSA,1991,1"}, ["NMC.csv", "states", "country"]),
    "a column twice": ({"NMC.csv": "cinc,Year,year\n1,2,3"}, ["NMC.csv", "'year'", "twice"]),
    "too few cells": ({"NMC.csv": shares() + "\nUSA,2,1992"}, ["NMC.csv", "line 12", "3 cells", "6 columns"]),
    "an open quotation": ({"NMC.csv": shares() + '\n"USA,2,1992'}, ["NMC.csv", "line 12", "is not CSV"]),
    "headings alone": ({"NMC.csv": shares().split()[0]}, ["NMC.csv", "headings"]),
    "an empty file": ({"NMC.csv": b""}, ["NMC.csv", "is not a CSV file"]),
    "prose": ({"crises.csv": "Dear colleague"}, ["crises.csv", "is not a CSV file"]),
    "a spreadsheet": ({"crises.csv": b"PK\x03\x04\x14\x00,"}, ["crises.csv", "binary"]),
    "a picture": ({"points_Jul2023.csv": b"\x89PNG,\x00\x00"}, ["points_Jul2023.csv", "binary"]),
    "one ideal point for all": (
        {"points_Jul2023.csv": points(GBR="2.0", FRA="2.0", PRK="2.0")},
        ["War 1991 (CHN)", "diversity 1991", "points_Jul2023.csv"],
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_that_names_it(desk: Path, cli: Run, case: str) -> None:
    files, words = BAD[case]
    for name, content in files.items():
        Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    names = ["--crises", "crises.csv", "--capabilities", "NMC.csv", "--ideal-points", "points_Jul2023.csv"]
    status, out, err = cli("cases", *names, "--out", "cases.toml")
    assert (status, out) == (2, ""), err
    assert len(err.splitlines()) == 1, err
    assert all(word in err for word in words), err
    assert not Path("cases.toml").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--crises", "none.csv"], ["crises: none.csv cannot be read", "No such file"]),
        (["--capabilities", "."], ["capabilities: .", "directory"]),
        (["--diversity", "median"], ["rule of diversity", "'median'", "mean"]),
        (["--missing", "drop"], ["'drop'", "leave-out, drop-partner"]),
        (["--out", "nowhere/cases.toml"], ["nowhere/cases.toml", "cannot be written"]),
    ],
)
def test_bad_arguments(desk: Path, cli: Run, arguments: list[str], words: list[str]) -> None:
    chosen = {"--crises": "crises.csv", "--capabilities": "NMC.csv", "--ideal-points": "points_Jul2023.csv"}
    chosen |= {"--out": "cases.toml"} | {arguments[0]: arguments[1]}
    status, out, err = cli("cases", *(text for pair in chosen.items() for text in pair))
    assert (status, out) == (2, ""), err
    assert len(err.splitlines()) == 1, err
    assert all(word in err for word in words), err
    assert not Path("cases.toml").exists()
