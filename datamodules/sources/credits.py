"""Who made a film: names from the lists of objects in which The Movie Database tells cast and crew."""

from collections.abc import Iterable, Mapping
from typing import Any

Objects = list[list[dict[str, Any]] | None]
"""What `cells.literals` returns: the objects of each cell; None where nothing is known."""

Names = list[list[str] | None]

Jobs = Mapping[str, tuple[str, ...]]
"""A key of the crew's objects, and the values that are meant."""

DIRECTORS: Jobs = {"job": ("Director",)}
WRITERS: Jobs = {"department": ("Writing",)}
PRODUCERS: Jobs = {"job": ("Producer", "Executive Producer")}


def names(cells: Objects) -> Names:
    """Return the names of each cell's objects, each once."""
    return [None if objects is None else _names(objects) for objects in cells]


def cast_names(cells: Objects) -> Names:
    """Return the names of each film's cast in the order of billing, each once; who has no `order` comes last."""
    return [None if cast is None else _names(sorted(cast, key=_billing)) for cast in cells]


def crew_names(cells: Objects, wanted: Jobs) -> Names:
    """Return the names of each film's crew of some jobs or departments, each once.

    Args:
        wanted: `DIRECTORS`, `WRITERS` or `PRODUCERS`.
    """
    ((key, values),) = wanted.items()
    return [None if crew is None else _names(one for one in crew if one.get(key) in values) for crew in cells]


def _billing(actor: dict[str, Any]) -> float:
    order = actor.get("order")
    return order if isinstance(order, int | float) else float("inf")


def _names(objects: Iterable[dict[str, Any]]) -> list[str]:
    found = [_text(one.get("name")) for one in objects]
    return [name for name in dict.fromkeys(found) if name]


def _text(name: object) -> str:
    if not isinstance(name, str):
        return ""
    if name.isascii():
        return name.strip()
    # Half of a pair of \u escapes is no character, and Arrow refuses it.
    return name.strip().encode("utf-16", "surrogatepass").decode("utf-16", "replace")
