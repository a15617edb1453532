"""Who made a film, from its lists of cast and crew as TMDb has them."""

from collections.abc import Callable, Iterable
from typing import Any

Objects = list[dict[str, Any]]

WRITING = frozenset({"Writer", "Screenplay", "Author", "Story", "Novel"})
"""Jobs of writers, whatever department they are put in."""

PRODUCING = frozenset({"Producer", "Executive Producer"})
"""Jobs of producers; co-, associate and line producers are left out."""


def names(objects: Iterable[dict[str, Any]]) -> list[str]:
    """Return the names of objects, each once.

    >>> names([{"name": "Drama"}, {"name": " "}, {"name": "Drama"}, {"name": None}])
    ['Drama']
    """
    given = (one.get("name") for one in objects)
    # Half of a surrogate pair, as a broken escape leaves it, can't be written to a file.
    texts = (name.encode("utf-8", "replace").decode().strip() for name in given if isinstance(name, str))
    return list(dict.fromkeys(text for text in texts if text))


def cast_names(cast: Objects) -> list[str]:
    """Return the actors by their `order`, each once; those without one come last."""

    def place(actor: dict[str, Any]) -> float:
        order = actor.get("order")
        return order if isinstance(order, int | float) else float("inf")

    return names(sorted(cast, key=place))


def directors(crew: Objects) -> list[str]:
    """Return those whose job is Director: no assistant, co- or art directors."""
    return names(one for one in crew if one.get("job") == "Director")


def writers(crew: Objects) -> list[str]:
    """Return all of the department Writing, and who has one of the jobs `WRITING` in another."""
    return names(one for one in crew if one.get("department") == "Writing" or one.get("job") in WRITING)


def producers(crew: Objects) -> list[str]:
    """Return producers and executive producers."""
    return names(one for one in crew if one.get("job") in PRODUCING)


CREW: dict[str, Callable[[Objects], list[str]]] = {"directors": directors, "writers": writers, "producers": producers}
"""The columns that a list of crew becomes."""
