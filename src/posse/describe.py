"""Games and solutions in words and tables, as the command line prints them."""

import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from posse.kernels.declaration import Game, Output
from posse.kernels.errors import InputError
from posse.kernels.wording import text


def print_table(rows: list[list[str]], headings: list[str] | None = None) -> None:
    table = Table(box=None, show_header=headings is not None, pad_edge=False)
    for heading in headings or [""] * len(rows[0]):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    # A pipe or a file has no width of its own: there, as wide as it needs to be.
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 160)
    with console.capture() as captured:
        console.print(table)
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def parameter_rows(game: Game) -> list[list[str]]:
    """Name, symbol, domain, default and meaning of each parameter."""
    return [[p.name, p.symbol, str(p.domain), f"{p.default:g}", p.long_name] for p in game.parameters]


def show_games(games: Mapping[str, Game]) -> None:
    rows = [[g.name, g.version, str(len(g.parameters)), g.title] for g in games.values()]
    print_table(rows, ["name", "version", "parameters", "game"])


def show_game(game: Game) -> None:
    print(f"{game.title} ({game.name}, version {game.version})")
    if game.reference:
        print(game.reference)
    print()
    print_table(parameter_rows(game), ["parameter", "symbol", "domain", "default", "meaning"])
    print()
    outputs = [[o.name, o.kind, "by default" if o.name in game.default_outputs else "", _long(o)] for o in game.outputs]
    print_table(outputs, ["output", "kind", "", "meaning"])
    for output in game.outputs:
        if output.all_flags:
            print()
            print_table([[str(f.value), f.name, f.meaning] for f in output.all_flags], [output.name, "name", "meaning"])


def _long(output: Output) -> str:
    return output.long_name + (f"; {output.dimension[0]}: {', '.join(output.labels)}" if output.dimension else "")


def as_dict(game: Game) -> dict[str, Any]:
    """A declaration as plain data."""
    return {
        "name": game.name,
        "title": game.title,
        "version": game.version,
        "source_hash": _hash(game),
        "parameters": [
            {"name": p.name, "symbol": p.symbol, "domain": str(p.domain), "default": p.default, "meaning": p.long_name}
            for p in game.parameters
        ],
        "outputs": [
            {
                "name": o.name,
                "meaning": o.long_name,
                "kind": o.kind,
                "dimension": o.dimension[0] if o.dimension else None,
                "labels": list(o.labels),
                "flags": {f.name: f.value for f in o.all_flags},
            }
            for o in game.outputs
        ],
    }


def _hash(game: Game) -> str | None:
    """That of its program, None where it cannot be compiled."""
    try:
        return game.source_hash
    except InputError:
        return None


def show_solution(found: Mapping[str, Any]) -> None:
    rows: list[list[str]] = []
    for name, value in found.items():
        if isinstance(value, dict):
            rows += [[f"{name} of {label}", text(v)] for label, v in value.items()]
        else:
            rows.append([name, text(value)])
    print_table(rows)
