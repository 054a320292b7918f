"""The games that are installed: posse's own and those that other packages register.

A package registers a game by an entry point of the group "posse.games" that leads to a Game.
"""

import warnings
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from posse.kernels.declaration import Game
from posse.kernels.errors import GameChangedError, InputError, in_words, pick, short


class BrokenGameWarning(UserWarning):
    """A package registers a game that cannot be had."""


def _entries() -> dict[str, list[EntryPoint]]:
    """The entry points of each name."""
    found: dict[str, list[EntryPoint]] = {}
    for entry in sorted(entry_points(group="posse.games"), key=lambda e: (e.name, e.value)):
        found.setdefault(entry.name, []).append(entry)
    return found


@cache
def _load(name: str) -> Game:
    entries = pick("game", name, _entries())
    if len({entry.value for entry in entries}) > 1:
        several = " and ".join(f"{e.value} of {e.dist.name if e.dist else 'a package'}" for e in entries)
        raise InputError(f"game {name!r}: is registered twice: {several}; only one of them may be installed")
    entry = f"game {name!r}: its entry point {entries[0].value}"
    try:
        loaded = entries[0].load()
    except (Exception, SystemExit) as error:  # whatever the module of another does
        raise InputError(f"{entry} cannot be loaded: {in_words(error)}") from error
    if not isinstance(loaded, Game):
        raise InputError(f"{entry} is {short(loaded)}, not a posse Game")
    if loaded.name != name:
        raise InputError(f"{entry} is the game {loaded.name!r}; give both the same name")
    return loaded


def games() -> dict[str, Game]:
    """All registered games by name, in alphabetical order; a warning tells of each that cannot be loaded.

    >>> [game.title for game in posse.games().values() if game.name == "restraint"]
    ['The game of strategic restraint']
    """
    found = {}
    for name in _entries():
        try:
            found[name] = _load(name)
        except InputError as error:
            warnings.warn(str(error), BrokenGameWarning, stacklevel=2)
    return found


def game(name: str) -> Game:
    """The registered game of that name; InputError, which names the nearest, where there is none.

    >>> posse.game("restraint").parameter_names[:3]
    ('cap_leader', 'cap_partner', 'cap_target')
    """
    return _load(name)


def is_registered(game: Game) -> bool:
    """Whether other processes find this very game by its name."""
    if game.name not in _entries():
        return False
    there = _load(game.name)
    return there is game or there.source_hash == game.source_hash


def require_registered(game: Game) -> None:
    """Raise InputError unless other processes find this very game by its name."""
    if not is_registered(game):
        raise InputError(
            f"game {game.name!r}: other processes load games by name from the entry points of the group posse.games, "
            "where this one is not registered; register it, or run it on threads"
        )


def sent(game: Game) -> Game | tuple[str, str]:
    """A game as it travels to another process: a registered one by its name and source, another as it is."""
    return (game.name, game.source_hash) if is_registered(game) else game


def received(game: Game | tuple[str, str]) -> Game:
    """The game that was sent. Raises GameChangedError where it is another one here."""
    if isinstance(game, Game):
        return game
    name, source = game
    found = _load(name)
    if found.source_hash != source:
        raise GameChangedError(f"{name}: its source is another one here than where the work comes from")
    return found
