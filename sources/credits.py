"""Names of actors, directors, writers and producers, chosen from TMDB's lists of cast and crew."""

from collections.abc import Callable, Iterable
from typing import Any

Objects = list[dict[str, Any]]

WRITING = frozenset({"Writer", "Screenplay", "Author", "Story", "Novel"})
"""Jobs of writers, in any department."""

PRODUCING = frozenset({"Producer", "Executive Producer"})


def names(objects: Iterable[dict[str, Any]]) -> list[str]:
    """Return the names of objects without repetition.

    >>> names([{"name": "Drama"}, {"name": " "}, {"name": "Drama"}, {"name": None}])
    ['Drama']
    """
    given = (item.get("name") for item in objects)
    # Half of a surrogate pair, as a broken escape leaves it, can't be written to a file.
    texts = (name.encode("utf-8", "replace").decode().strip() for name in given if isinstance(name, str))
    return list(dict.fromkeys(text for text in texts if text))


def cast_names(cast: Objects) -> list[str]:
    """Return the actors by their `order`; those without one come last."""
    orders = [actor.get("order") for actor in cast]
    keys = [order if isinstance(order, int | float) else float("inf") for order in orders]
    return names(cast[index] for index in sorted(range(len(cast)), key=keys.__getitem__))


CREW: dict[str, Callable[[Objects], list[str]]] = {
    "directors": lambda crew: names(person for person in crew if person.get("job") == "Director"),
    "writers": lambda crew: names(
        person for person in crew if person.get("department") == "Writing" or person.get("job") in WRITING
    ),
    "producers": lambda crew: names(person for person in crew if person.get("job") in PRODUCING),
}
"""For each column of the prepared table, what takes its names from a list of crew.

Assistant, co- and art directors are no directors, nor co-, associate and line producers producers.
"""
