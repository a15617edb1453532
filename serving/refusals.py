"""Messages for requests that can't be used: each field at fault, and what it must be."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from greenlight_films.datamodules.number_format import counted

MOST = 20  # fields that are named
LONGEST = 300  # letters of a field

Words = Callable[[Mapping[str, Any]], str]

WORDS: dict[str, Words] = {
    "missing": lambda given: "must be given",
    "extra_forbidden": lambda given: "is no field of this request",
    "string_type": lambda given: "must be a text",
    "string_too_short": lambda given: f"must be a text of {counted(given['min_length'], 'letter')} or more",
    "string_too_long": lambda given: f"must be a text of {counted(given['max_length'], 'letter')} at most",
    "list_type": lambda given: "must be a list",
    "too_short": lambda given: f"must have {given['min_length']:,} or more, got {given['actual_length']:,}",
    "too_long": lambda given: f"must have {given['max_length']:,} at most",
    "int_type": lambda given: "must be a whole number",
    "int_parsing": lambda given: "must be a whole number",
    "int_parsing_size": lambda given: "must be a smaller whole number",
    "bool_type": lambda given: "must be true or false",
    "finite_number": lambda given: "must be a finite number",
    "greater_than_equal": lambda given: f"must be {given['ge']:,} or more",
    "less_than_equal": lambda given: f"must be {given['le']:,} at most",
    "dict_type": lambda given: "must be an object with fields",
    "model_attributes_type": lambda given: "must be an object with fields",
    "union_tag_not_found": lambda given: "must be an edit: its field 'do' is missing",
    "union_tag_invalid": lambda given: f"must be an edit whose 'do' is one of {given['expected_tags']}",
    "json_invalid": lambda given: f"can't be read as JSON: {given['error']}",
}
"""In words what a field must be, by what pydantic calls its fault."""


def faults_of(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the fields at fault, each once, with what they must be; their values stay out, for they may be no JSON."""
    faults: dict[tuple[str | int, ...], str] = {}
    for error in errors:
        field = _field(error)
        words = WORDS.get(error["type"])
        requirement = words(error.get("ctx") or {}) if words else error["msg"]
        faults.setdefault(field, f"{_named(field, error['loc'][-1] == '[key]')} {requirement}")
    return [{"loc": list(field), "msg": words} for field, words in list(faults.items())[:MOST]]


def _field(error: Mapping[str, Any]) -> tuple[str | int, ...]:
    """Return the path to a field, without where requests keep it, what pydantic adds, and the ends of long names."""
    first, *path = error["loc"]
    if error["type"] == "json_invalid":
        return (first,)
    tagged = len(path) > 2 and path[0] == "edits" and path[2] in ("add", "remove", "replace", "set")
    plain = [*path[:2], *path[3:]] if tagged else path
    return tuple(part[:LONGEST] if isinstance(part, str) else part for part in plain if part != "[key]") or (first,)


def _named(field: Sequence[str | int], is_key: bool) -> str:
    """Return a field as programs write it, such as `films[0].Cast[1]`; a key at fault by where it stands."""
    text = ""
    for part in field[:-1] if is_key else field:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return f"a column's name in {text}" if is_key else text
