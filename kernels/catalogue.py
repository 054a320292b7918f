"""The games that are installed: posse's own and those that other packages register.

A package registers a game by an entry point of the group "posse.games" that leads to a Game.
"""

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from posse.kernels.declaration import Game
from posse.kernels.errors import InputError, pick


def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in sorted(entry_points(group="posse.games"), key=lambda e: e.name)}


@cache
def _load(name: str) -> Game:
    entry = pick("game", name, _entries())
    try:
        loaded = entry.load()
    except (ImportError, AttributeError) as error:
        raise InputError(f"game {name!r}: its entry point {entry.value} cannot be loaded: {error}") from error
    if not isinstance(loaded, Game) or loaded.name != name:
        raise InputError(f"game {name!r}: its entry point {entry.value} is not a posse Game of that name")
    return loaded


def games() -> dict[str, Game]:
    """All registered games by name, in alphabetical order.

    >>> [game.title for game in posse.games().values() if game.name == "restraint"]
    ['The game of strategic restraint']
    """
    return {name: _load(name) for name in _entries()}


def game(name: str) -> Game:
    """The registered game of that name; InputError, which names the nearest, where there is none.

    >>> posse.game("restraint").parameter_names[:3]
    ('cap_leader', 'cap_partner', 'cap_target')
    """
    return _load(name)


def is_registered(game: Game) -> bool:
    """Whether other processes find this very game by its name."""
    return game.name in _entries() and _load(game.name).source_hash == game.source_hash


def require_registered(game: Game) -> None:
    """Raise InputError unless other processes find this very game by its name."""
    if not is_registered(game):
        raise InputError(
            f"game {game.name!r}: other processes load games by name from the entry points of the group posse.games, "
            "where this one is not registered; register it, or run it on threads"
        )
