"""The made-up tables of `tests/data/cases`, as people write them, and the checks of what must come of each."""

import importlib.util
import json
import math
import re
from pathlib import Path

CASES = Path(__file__).parent / "data/cases"
EXPECTED = json.loads((CASES / "expected.json").read_text(encoding="utf-8"))


def cases(*kinds):
    """Return the cases of some kinds (`numbers`, `dates`, ...), or all."""
    return [case for case in EXPECTED if not kinds or case["kind"] in kinds]


def name_of(case):
    """Return a test's name for a case: its file, and what is given beside it."""
    given = json.dumps(case.get("given", ""), ensure_ascii=False)[:60]
    return f"{case['file']} {given}".strip('" ')


def path_of(case):
    return CASES / case["file"]


def columns_of(case):
    """Return the columns that a case expects, its own or those of the first case of another file."""
    expect = case["expect"]
    other = expect.get("columns_of")
    first = next(each["expect"]["columns"] for each in EXPECTED if each["file"] == other) if other else {}
    return {**first, **expect.get("columns", {})}


def check_values(values, expected):
    """Check values of a column against those expected: numbers to 1e-9, dates as texts, labels as lists."""
    assert len(values) == len(expected)
    for row, (value, wanted) in enumerate(zip(values, expected, strict=True), start=1):
        if isinstance(wanted, int | float) and value is not None:
            assert math.isclose(value, wanted, rel_tol=1e-9), (row, value, wanted)
        else:
            assert value == wanted, (row, value, wanted)


def check_message(text, wanted):
    """Check that a message, or several joined by line ends, names what it must and nothing that it may not."""
    for fault in wanted.get("faults", []):
        check_message(text, fault)
    for column in wanted.get("columns", []):
        assert column in text, f"column {column}: {text}"
    for row in wanted.get("rows", []):
        assert re.search(rf"(?<![\d.,]){row}(?![\d]|[.,]\d)", text), f"row {row}: {text}"
    for value in wanted.get("values", []):
        assert value in text, f"value {value!r}: {text}"
    for words in [*wanted.get("says", []), *wanted.get("remedy", [])]:
        any_of = [words] if isinstance(words, str) else words
        assert any(each.casefold() in text.casefold() for each in any_of), f"one of {any_of}: {text}"
    if "count" in wanted:
        assert re.search(rf"\b{wanted['count']}\b", text), f"count {wanted['count']}: {text}"
    for thing, count in wanted.get("counts", {}).items():
        assert thing in text or thing in ("missing", "without rating", "labels", "films"), f"{thing}: {text}"
        assert re.search(rf"\b{count}\b", text), f"{count} of {thing}: {text}"
    for words in wanted.get("never", []):
        assert not re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text), f"never {words}: {text}"
    if "lines_at_most" in wanted:
        assert len(text.splitlines()) <= wanted["lines_at_most"], text


def table_of(case, folder=None):
    """Return the file of a case, or its frame."""
    file, _, function = case["file"].partition("::")
    if not function:
        return str((folder or CASES) / file)
    spec = importlib.util.spec_from_file_location("awkward_frames", CASES / file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, function)()


def config_of(case):
    """Return the keys of a config for what is given with a case; a study of it takes a few seconds."""
    given = case.get("given", {})
    target = given.get("target", "rating")
    if isinstance(target, dict) and "column" in target:
        target = {"Target": target}
    elif not isinstance(target, dict):
        target = {"Target": {"column": str(target)}}
    sizes = {"val": 0.2, "test": 0.2}
    film = given.get("film")
    split = given.get("split", {"GroupSplit": {"by": film, **sizes}} if film else {"RandomSplit": sizes})
    options = ("film", "allow_leak", "missing", "where", "weight", "encoding", "query", "batch_size")
    return {
        "name": "case",
        "preset": "seed",
        "data": {
            "table": table_of(case) if "::" not in case["file"] else "frame",
            "target": _class(target),
            "features": [_feature(feature) for feature in given.get("features", [{"Number": "year"}])],
            "split": _class(split),
            **{name: given[name] for name in options if name in given},
        },
        "model": given.get("model", {"hidden": [8]}),
        "trainer": {"max_epochs": given.get("max_epochs", 2)},
        "compare": {"models": []},
    }


def _class(given):
    ((name, arguments),) = given.items()
    return {"class_path": name, "init_args": arguments}


def _feature(given):
    (name, column), *others = given.items()
    return {"class_path": name, "init_args": {"column": str(column), **dict(others)}}
