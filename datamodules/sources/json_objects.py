"""Files of JSON objects: one a line, or all in one array."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

BETWEEN = re.compile(r"[\s,]*")


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
    """Read objects one after the other; only those of an array are in memory all at once."""
    lines = iter(enumerate(stream, start=1))
    for line, raw in lines:
        text = _decoded(raw)
        if line == 1 and text.startswith("["):
            yield from _of_array(raw + b"".join(more for _, more in lines))
            return
        if not text:
            continue
        try:
            yield _object(line, text, json.loads(raw.decode("utf-8-sig")))
        except UnicodeDecodeError:
            yield JsonObject(line, text, {}, "is no UTF-8 text")
        except (ValueError, RecursionError):
            yield JsonObject(line, text, {}, "is no JSON")


def _of_array(content: bytes) -> Iterator[JsonObject]:
    text = _decoded(content)
    decoder = json.JSONDecoder()
    line, place = 1, 1
    while True:
        start = _behind(text, place)
        line += text.count("\n", place, start)
        if text[start : start + 1] in ("]", ""):
            return
        try:
            value, place = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            yield JsonObject(line, text[start:], {}, "is no JSON, and what follows it in the array can't be read")
            return
        yield _object(line, text[start:place], value)
        line += text.count("\n", start, place)


def _behind(text: str, place: int) -> int:
    found = BETWEEN.match(text, place)
    return found.end() if found else place


def _object(line: int, text: str, value: Any) -> JsonObject:
    return JsonObject(line, text, value) if isinstance(value, dict) else JsonObject(line, text, {}, "is no JSON object")


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8-sig", errors="replace").strip()
