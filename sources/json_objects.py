"""Files of JSON objects: one a line, or in arrays, one after the other."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

BETWEEN = re.compile(r"[\s,]*")

REST = re.compile(r"[^\n]*")

NO_TEXT = "is no UTF-8 text"


@dataclass(frozen=True)
class JsonObject:
    """One object of a file.

    Attributes:
        line: that it begins at, from 1.
        text: as it stands there.
        value: empty where it can't be read.
        problem: why it can't be read; empty where it can.
    """

    line: int
    text: str
    value: dict[str, Any]
    problem: str = ""


def json_objects(stream: Iterable[bytes]) -> Iterator[JsonObject]:
    """Read objects one after the other; only those of arrays are in memory all at once."""
    lines, started = iter(enumerate(stream, start=1)), False
    for line, raw in lines:
        text = raw.decode("utf-8" if started else "utf-8-sig", "surrogateescape").strip()
        if text.startswith("[") and not started:
            rest = b"".join(more for _, more in lines).decode("utf-8", "surrogateescape")
            yield from _of_arrays(f"{text}\n{rest}", line)
            return
        if text:
            started = True
            yield _object(line, text, _loaded(text))


def _of_arrays(text: str, line: int) -> Iterator[JsonObject]:
    decoder = json.JSONDecoder()
    place, within = 0, False
    while True:
        start = _behind(BETWEEN, text, place)
        line += text.count("\n", place, start)
        sign, place = text[start : start + 1], start + 1
        if not sign:
            if within:
                yield JsonObject(line, "", {}, "the array ends without its ]: cut off")
            return
        if sign == ("]" if within else "["):
            within = not within
        elif within:
            try:
                value, place = decoder.raw_decode(text, start)
            except (ValueError, RecursionError):
                rest = _printable(text[start:])
                yield JsonObject(line, rest, {}, "is no JSON, and what follows it in the array can't be read")
                return
            yield _object(line, text[start:place], value)
            line += text.count("\n", start, place)
        else:
            place = _behind(REST, text, start)
            yield JsonObject(line, _printable(text[start:place]), {}, "stands behind an array, and in none itself")


def _behind(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found else place


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return ValueError


def _object(line: int, text: str, value: Any) -> JsonObject:
    shown = _printable(text)
    if shown is not text:
        return JsonObject(line, shown, {}, NO_TEXT)
    if value is ValueError:
        return JsonObject(line, text, {}, "is no JSON")
    return JsonObject(line, text, value) if isinstance(value, dict) else JsonObject(line, text, {}, "is no JSON object")


def _printable(text: str) -> str:
    """Return the text itself where all bytes were UTF-8, otherwise with marks in place of the others."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text
