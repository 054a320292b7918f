"""The join of one crisis: its parameters with the source of each, and a line for whatever is missing or ambiguous.

Join(capabilities, points, ...).entry(triple) -> Entry
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import fsum
from numbers import Real

from posse.crises.figures import Figure, Figures, Missing
from posse.crises.rules import Rule
from posse.crises.states import remark, unknown
from posse.crises.triples import COALITION, ROLES, Triple, column
from posse.kernels.errors import InputError, in_words, short

PARAMETERS = {"leader": "cap_leader", "partners": "cap_partner", "target": "cap_target", "observer": "cap_observer"}


@dataclass
class Entry:
    """What is known of a crisis; it goes onto the axis if it is complete."""

    label: str
    year: int
    parameters: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    report: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        return not self.lacking

    def tell(self, who: str, what: str) -> None:
        self.report.append(f"{self.label}: {who} {self.year} {what}")

    def lacks(self, who: str, why: object) -> None:
        """Without this figure the crisis is left out."""
        self.tell(who, f"{why}; left out")
        self.lacking.append(self.report[-1])


@dataclass(frozen=True)
class Found:
    """A state in its role, and its figure or why there is none."""

    role: str
    who: str
    figure: Figure | Missing


@dataclass(frozen=True)
class Source:
    """Figures; the system of codes by which states are looked up in them, and that by which others are called."""

    figures: Figures
    system: str
    called: str

    def look_up(self, triple: Triple, roles: Sequence[str], entry: Entry) -> list[Found]:
        """Every state of these roles. Raises InputError at a code that stands nowhere in the file."""
        return [
            self._found(triple, role, code, name, entry)
            for role in roles
            for code, name in zip(triple.codes[self.system][role], triple.codes[self.called][role], strict=True)
        ]

    def _found(self, triple: Triple, role: str, code: str, name: str, entry: Entry) -> Found:
        who = f"{role.removesuffix('s')} {code or name or '(without a code)'}"
        known = self.figures.states(self.system)
        if code and code not in known:
            raise unknown(f"{triple.where}: {column(role, self.system)}", self.system, code, self.figures.name, known)
        try:
            figure = self.figures.find(self.system, code, entry.year)
        except Missing as why:
            return Found(role, who, why)
        if story := remark(self.system, code, entry.year):
            entry.tell(who, f"in {self.figures.name} may be another state: {story}; taken as it stands")
        return Found(role, who, figure)

    def cite(self, figures: Sequence[Figure], year: int, between: str = ", ") -> str:
        """File, version, column and year, and each figure as it is written."""
        first = figures[0]
        edition = f", version {first.version}" if first.version else ""
        listed = between.join(f"{f.state} {f.text}" for f in figures)
        return f"{first.file}{edition}, {self.figures.heading} {year}: {listed}"


@dataclass(frozen=True)
class Join:
    """rule: of diversity, called rule_name; drop: compute it without the partners that have no ideal point."""

    capabilities: Source
    points: Source
    rule: Rule
    rule_name: str
    drop: bool

    def entry(self, triple: Triple) -> Entry:
        """All that the files say of a crisis. Raises InputError at a code that stands nowhere in them."""
        entry = Entry(triple.label(self.capabilities.system), triple.year)
        entry.notes |= {"crisis": triple.crisis, "year": str(triple.year)}
        entry.notes["observer"] = triple.codes[self.capabilities.system]["observer"][0]
        if triple.observed is not None:
            entry.notes["observed"] = triple.observed
        if not any(any(roles["partners"]) for roles in triple.codes.values() if "partners" in roles):
            entry.lacks("the partner", "is missing: the game is about a coalition of two or more")
            return entry
        strong = self.capabilities.look_up(triple, ROLES, entry)
        near = self.points.look_up(triple, COALITION, entry)
        for found in strong:
            if isinstance(found.figure, Missing):
                entry.lacks(found.who, found.figure)
        partners = [found for found in near if found.role == "partners"]
        kept = [isinstance(partner.figure, Figure) for partner in partners]
        for found in near:
            if isinstance(found.figure, Missing):
                if self.drop and found in partners and any(kept):
                    entry.tell(found.who, f"{found.figure}; diversity is computed without it")
                else:
                    entry.lacks(found.who, found.figure)
        if entry.complete:
            self._add_capabilities(strong, entry)
            self._add_diversity(strong, near, entry)
        return entry

    def _add_capabilities(self, strong: list[Found], entry: Entry) -> None:
        for role, name in PARAMETERS.items():
            figures = _figures(strong, role)
            entry.parameters[name] = fsum(figure.value for figure in figures)
            entry.notes[f"{name}_source"] = self.capabilities.cite(figures, entry.year, " + ")

    def _add_diversity(self, strong: list[Found], near: list[Found], entry: Entry) -> None:
        (leader,) = _figures(near, "leader")
        strengths = _figures(strong, "partners")
        nearness = [found.figure for found in near if found.role == "partners"]
        pairs = [(f, s) for f, s in zip(nearness, strengths, strict=True) if isinstance(f, Figure)]
        low, high = self.points.figures.extremes(self.points.system, entry.year)
        widest = high.value - low.value
        if not widest:
            entry.lacks("diversity", f"cannot be computed: all states have one ideal point in {low.file}")
            return
        distances = [abs(point.value - leader.value) for point, _ in pairs]
        distance = self._by_rule(distances, [strength.value for _, strength in pairs], widest, entry.label)
        entry.parameters["diversity"] = min(distance / widest, 1.0)
        dropped = [found.who for found in near if isinstance(found.figure, Missing)]
        entry.notes["diversity_source"] = (
            f"{self.points.cite([leader], entry.year)} leads {', '.join(f'{p.state} {p.text}' for p, _ in pairs)}"
            + (f" (without {', '.join(dropped)})" if dropped else "")
            + f"; {self.rule_name} of distances {', '.join(f'{d:.6g}' for d in distances)} = {distance:.6g}, "
            f"divided by the widest, {widest:.6g} from {low.state} {low.text} to {high.state} {high.text}"
        )

    def _by_rule(self, distances: list[float], strengths: list[float], widest: float, label: str) -> float:
        """What the rule makes of the distances. Raises InputError where that is no distance between two states."""
        try:
            answer = self.rule(distances, strengths)
        except Exception as error:  # whatever the rule of another does
            raise InputError(
                f"diversity: the rule {self.rule_name} cannot be evaluated for {label}: {in_words(error)}"
            ) from error
        if not isinstance(answer, Real) or not -1e-9 <= float(answer) <= widest * (1 + 1e-9):
            raise InputError(
                f"diversity: the rule {self.rule_name} gives {short(answer)} for {label}; allowed is a distance from "
                f"0 to the widest of that year, {widest:.6g}"
            )
        return max(float(answer), 0.0)


def _figures(found: list[Found], role: str) -> list[Figure]:
    return [f.figure for f in found if f.role == role and isinstance(f.figure, Figure)]
