"""Read JSON objects from a file, a line each or in arrays one after the other, with the line that each begins at."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

BETWEEN = re.compile(r"[\s,]*")


class JsonObject(NamedTuple):
    """An object of a file: the line that it begins at, from 1, and its text; `problem` is why it can't be read."""

    line: int
    text: str
    value: dict[str, Any]
    problem: str = ""


def json_objects(stream: Iterable[bytes]) -> Iterator[JsonObject]:
    """Yield objects one after the other; only those of arrays are in memory all at once."""
    lines, started = iter(enumerate(stream, start=1)), False
    for line, raw in lines:
        text = raw.decode("utf-8" if started else "utf-8-sig", "surrogateescape").strip()
        if text.startswith("[") and not started:
            rest = b"".join(more for _, more in lines).decode("utf-8", "surrogateescape")
            yield from _in_arrays(f"{text}\n{rest}", line)
            return
        if text:
            started = True
            try:
                yield _object(line, text, json.loads(text))
            except (ValueError, RecursionError):
                yield _object(line, text, None, "is no JSON")


def _in_arrays(text: str, line: int) -> Iterator[JsonObject]:
    decoder = json.JSONDecoder()
    end, inside = 0, False
    while True:
        start = BETWEEN.match(text, end).end()  # type: ignore[union-attr]  # it matches the empty text, too
        line += text.count("\n", end, start)
        sign, end = text[start : start + 1], start + 1
        if not sign:
            if inside:
                yield JsonObject(line, "", {}, "the array ends without its ]: cut off")
            return
        if sign == ("]" if inside else "["):
            inside = not inside
        elif inside:
            try:
                value, end = decoder.raw_decode(text, start)
            except (ValueError, RecursionError):
                problem = "is no JSON, and what follows it in the array can't be read"
                yield JsonObject(line, _printable(text[start:]), {}, problem)
                return
            yield _object(line, text[start:end], value)
            line += text.count("\n", start, end)
        else:
            outside = text[start:].partition("\n")[0]
            end = start + len(outside)
            yield JsonObject(line, _printable(outside), {}, "stands behind an array, and in none itself")


def _object(line: int, text: str, value: Any, problem: str = "is no JSON object") -> JsonObject:
    printable = _printable(text)
    if printable != text:
        return JsonObject(line, printable, {}, "is no UTF-8 text")
    return JsonObject(line, text, value) if isinstance(value, dict) else JsonObject(line, text, {}, problem)


def _printable(text: str) -> str:
    """Return the text with marks in place of bytes that were no UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
