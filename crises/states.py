"""States by the codes that data sets give them, and where a code is not enough to know a state.

clean(system, code) -> the code as it is compared
remark(system, code, year) -> what to know of a code in that year, or nothing
kin(system, code) -> codes of states that were one, or became one, with this
unknown(...) -> the error for a code that a table does not have
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from posse.kernels.errors import InputError

# What the columns of tables are called, by the system of codes that they hold; the user's own names are "state".
SYSTEMS = {
    "state": ("state",),
    "cow": ("stateabb", "cow", "state_cow", "cowabb"),
    "iso3": ("iso3", "iso3c", "state_iso3"),
    "ccode": ("ccode", "cowcode", "cown", "state_ccode"),
}
TITLES = {"state": "names", "cow": "Correlates of War letters", "iso3": "ISO 3166 letters", "ccode": "CoW numbers"}


@dataclass(frozen=True)
class Ambiguity:
    """States that share codes, or handed them on; codes: by system; unclear: the years when one may be mistaken."""

    story: str
    codes: dict[str, tuple[str, ...]]
    unclear: tuple[int, int]


AMBIGUITIES = (
    Ambiguity(
        "one code for Yugoslavia to 1992, for Serbia and Montenegro from then, and for Serbia from 2006",
        {"cow": ("YUG", "SER"), "iso3": ("YUG", "SCG", "SRB"), "ccode": ("345",)},
        (1992, 9999),
    ),
    Ambiguity(
        "Germany was two states until October 1990",
        {"cow": ("GMY", "GFR", "GDR"), "iso3": ("DEU", "DDR"), "ccode": ("255", "260", "265")},
        (1990, 1990),
    ),
    Ambiguity(
        "one code for the Soviet Union until December 1991, and for Russia from then",
        {"cow": ("RUS", "USR"), "iso3": ("RUS", "SUN"), "ccode": ("365",)},
        (1991, 1991),
    ),
    Ambiguity(
        "Czechoslovakia was divided at the end of 1992; CZE is Czechoslovakia for CoW, the Czech Republic for ISO",
        {"cow": ("CZE", "CZR", "SLO"), "iso3": ("CSK", "CZE", "SVK"), "ccode": ("315", "316", "317")},
        (1992, 1993),
    ),
    Ambiguity(
        "North and South Vietnam were united in 1975-76; the North's code goes on",
        {"cow": ("DRV", "RVN"), "iso3": ("VNM", "VDR"), "ccode": ("816", "817")},
        (1975, 1976),
    ),
    Ambiguity(
        "Korea was divided from 1945 on; both states joined the United Nations in 1991",
        {"cow": ("KOR", "ROK", "PRK"), "iso3": ("KOR", "PRK"), "ccode": ("730", "731", "732")},
        (1945, 1949),
    ),
    Ambiguity(
        "North and South Yemen were united in May 1990; ideal points may have both of them as YAR from 1967 to 1989",
        {"cow": ("YAR", "YPR", "YEM"), "iso3": ("YAR", "YMD", "YEM"), "ccode": ("678", "679", "680")},
        (1990, 1990),
    ),
    Ambiguity(
        "China's seat in the United Nations went from Taipei to Beijing in October 1971",
        {"cow": ("CHN", "TAW"), "iso3": ("CHN", "TWN"), "ccode": ("710", "713")},
        (1971, 1971),
    ),
    Ambiguity(
        "Egypt and Syria were one state, the United Arab Republic, from 1958 to 1961",
        {"cow": ("EGY", "SYR", "UAR"), "iso3": ("EGY", "SYR"), "ccode": ("651", "652")},
        (1958, 1961),
    ),
    Ambiguity("AUS is Austria in CoW letters, AUL Australia", {"cow": ("AUS",)}, (0, 9999)),
    Ambiguity("MNG is Montenegro in CoW letters, MON Mongolia", {"cow": ("MNG",)}, (0, 9999)),
    Ambiguity("SLV is Slovenia in CoW letters, SAL El Salvador", {"cow": ("SLV",)}, (0, 9999)),
)

# Letters of one state that are easily given in the other system: CoW's and ISO's.
_PAIRS = (
    *(("UKG", "GBR"), ("FRN", "FRA"), ("GMY", "DEU"), ("AUL", "AUS"), ("ROK", "KOR"), ("SPN", "ESP"), ("NTH", "NLD")),
    *(("DEN", "DNK"), ("SWD", "SWE"), ("POR", "PRT"), ("ROM", "ROU"), ("BUL", "BGR"), ("SWZ", "CHE")),
    *(("LIB", "LBY"), ("ALG", "DZA"), ("KUW", "KWT"), ("LEB", "LBN"), ("SAF", "ZAF"), ("DRV", "VNM"), ("TAW", "TWN")),
)


def clean(system: str, code: str) -> str:
    """A code as it is compared: letters in capitals, numbers without leading zeros; names as they are."""
    if system in ("cow", "iso3"):
        return code.upper()
    if system == "ccode":
        return code.removesuffix(".0").lstrip("0")
    return code


def remark(system: str, code: str, year: int) -> str | None:
    """Why this code may mean another state than thought of in that year."""
    for ambiguity in AMBIGUITIES:
        first, last = ambiguity.unclear
        if code in ambiguity.codes.get(system, ()) and first <= year <= last:
            return ambiguity.story
    return None


def kin(system: str, code: str) -> tuple[tuple[str, ...], str]:
    """Other codes of the states that this one came of or became, and how."""
    for ambiguity in AMBIGUITIES:
        family = ambiguity.codes.get(system, ())
        if code in family:
            return tuple(other for other in family if other != code), ambiguity.story
    return (), ""


def unknown(where: str, system: str, code: str, table: str, known: Iterable[str]) -> InputError:
    """The error for a code that stands nowhere in a table, with the nearest that does."""
    known = sorted(known)
    likely = [other for pair in _PAIRS if code in pair for other in pair] + list(kin(system, code)[0])
    near = [other for other in likely if other in known] or get_close_matches(code, known, n=1, cutoff=0)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return InputError(
        f"{where}: unknown state {code!r}{hint}; {table} has {len(known)} states by {TITLES[system]}; leave it empty "
        "if it has none for this one"
    )
