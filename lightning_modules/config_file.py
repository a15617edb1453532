"""A config as a file, looked at before the parser reads it: what it can't stand is refused with line and column."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from datamodules.errors import InputError

DEEPEST = 40
"""Levels of lists and names in each other; the parser's time grows with their square."""

LARGEST = 100_000
"""Values, each counted as often as an alias repeats it."""


def refuse_malformed(path: Path, option: str) -> None:
    """Refuse a config that is no mapping in YAML, names a key twice, or would take the parser for ever.

    Raises:
        InputError: with the file, and the line and column where there is one.
    """
    if not os.path.isfile(path):  # unlike Path's own, no matter how long a config in place of its path is
        return
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(f"{option} {path}, line {line}: not utf-8 text; save it as UTF-8") from None
    try:
        for mark, problem in _problems(text):
            raise InputError(f"{option} {path}, {_place(mark)}: {problem}")
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        said = "; ".join(part for part in (error.context, error.problem) if part)
        raise InputError(f"{option} {path}, {_place(at)}: not YAML: {said}; correct it there") from None
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise InputError(
            f"{option} {path}, line {line}: not YAML: the character U+{error.character:04X}; remove it"
        ) from None


def _place(mark: Any) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else "line 1"


def _problems(text: str) -> Iterator[tuple[Any, str]]:
    yield from _of_size(text)  # first: what comes next would follow any depth
    whole = yaml.compose(text, yaml.SafeLoader)
    if isinstance(whole, yaml.MappingNode):
        yield from _of_keys(whole, set())
    elif whole is not None and whole.value != "":
        yield whole.start_mark, "a config must be keys such as `name: ratings`; see configs/ratings.yaml"


def _of_size(text: str) -> Iterator[tuple[Any, str]]:
    sizes: dict[str, int] = {}
    open_: list[tuple[str | None, int]] = []  # the anchor of each list or mapping not yet closed, and what came before
    values = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            open_.append((event.anchor, values))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_.pop()
            if anchor:
                sizes[anchor] = values - before
        elif isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in open_):
                yield event.start_mark, f"the alias *{event.anchor} stands within itself; write out what it means"
            values += sizes.get(str(event.anchor), 0)
        values += isinstance(event, yaml.NodeEvent)
        if len(open_) > DEEPEST:
            yield (
                event.start_mark,
                f"a config must be nested {DEEPEST} levels deep or less; no key needs more",
            )
        if values > LARGEST:
            yield event.start_mark, f"a config must have {LARGEST:,} values or fewer, aliases written out; shorten it"


def _of_keys(node: yaml.Node, seen: set[int]) -> Iterator[tuple[Any, str]]:
    if id(node) in seen or isinstance(node, yaml.ScalarNode):
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _of_keys(value, seen)
        return
    keys: set[str] = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            yield key.start_mark, "a key must be a name, got a list or a mapping; a text with brackets needs quotes"
        elif key.value in keys and key.tag != "tag:yaml.org,2002:merge":
            yield key.start_mark, f"the key '{key.value[:80]}' stands there a second time; leave one of them"
        else:
            keys.add(key.value)
        yield from _of_keys(value, seen)
