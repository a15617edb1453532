"""A config as a file, looked at before the parser reads it: what it can't stand is refused with line and column."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from greenlight_films.datamodules.errors import InputError

DEEPEST = 40
"""Levels of lists and names in each other; the parser's time grows with their square."""

LARGEST = 100_000
"""Values, each counted as often as an alias repeats it."""


LONGEST = 30
"""Characters of a whole number; one that is longer fits no key, and its digits may take for ever."""

PARTS = (".yaml", ".yml", ".json")
"""How a file is named that a config, or a word of the command line, may have in place of a value."""


def refuse_malformed(path: Path, option: str) -> None:
    """Refuse a config that is no mapping in YAML, names a key twice, or would take the parser for ever.

    The files that it names in place of values are looked at in the same way, though they may be lists.

    Raises:
        InputError: with the file, and the line and column where there is one.
    """
    whole = _read(path, option)
    if whole and not isinstance(whole, yaml.MappingNode) and whole.value != "":
        told = "a config must be keys such as `name: ratings`; see configs/ratings.yaml"
        raise InputError(f"{option} {path}, {_place(whole.start_mark)}: {told}")
    _refuse_parts(whole, path.parent, option, {path.resolve()})


def refuse_malformed_value(text: str, option: str) -> None:
    """Refuse a value of the command line, or the file that it names, as one in a config.

    Raises:
        InputError: likewise.
    """
    try:
        _refuse_parts(_looked_at(text, option), Path(), option, set())
    except yaml.YAMLError:  # then it's a text
        _refuse_parts(yaml.ScalarNode("", text), Path(), option, set())


def _refuse_parts(whole: yaml.Node | None, beside: Path, option: str, seen: set[Path]) -> None:
    """Refuse the malformed files that a part of a config names, and those that they name."""
    for node in _nodes(whole):
        if not isinstance(node, yaml.ScalarNode) or not node.value.endswith(PARTS):
            continue
        for path in (beside / node.value, Path(node.value)):  # the parser looks for it in both
            if os.path.isfile(path) and path.resolve() not in seen:
                seen.add(path.resolve())
                _refuse_parts(_read(path, option), path.parent, option, seen)


def _read(path: Path, option: str) -> yaml.Node | None:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(f"{option} {path}, line {line}: not utf-8 text; save it as UTF-8") from None
    try:
        return _looked_at(text, f"{option} {path}")
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        said = "; ".join(part for part in (error.context, error.problem) if part)
        raise InputError(f"{option} {path}, {_place(at)}: not YAML: {said}; correct it there") from None
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise InputError(
            f"{option} {path}, line {line}: not YAML: the character U+{error.character:04X}; remove it"
        ) from None


def _looked_at(text: str, whose: str) -> yaml.Node | None:
    for mark, problem in _of_size(text):  # first: what comes next would follow any depth
        raise InputError(f"{whose}, {_place(mark)}: {problem}")
    whole: yaml.Node | None = yaml.compose(text, yaml.SafeLoader)
    for node in _nodes(whole):
        for mark, problem in _of_keys(node) if isinstance(node, yaml.MappingNode) else _of_scalar(node):
            raise InputError(f"{whose}, {_place(mark)}: {problem}")
    return whole


def _place(mark: Any) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else "line 1"


def _nodes(whole: yaml.Node | None) -> Iterator[yaml.Node]:
    """Yield what a config consists of, keys too, each once."""
    left, seen = [whole] if whole else [], set[int]()
    while left:
        node = left.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, yaml.SequenceNode):
            left += reversed(node.value)
        elif isinstance(node, yaml.MappingNode):
            left += [part for pair in reversed(node.value) for part in reversed(pair)]


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


def _of_keys(node: yaml.MappingNode) -> Iterator[tuple[Any, str]]:
    keys: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            yield key.start_mark, "a key must be a name, got a list or a mapping; a text with brackets needs quotes"
        elif key.value in keys and key.tag != "tag:yaml.org,2002:merge":
            yield key.start_mark, f"the key '{key.value[:80]}' stands there a second time; leave one of them"
        else:
            keys.add(key.value)


def _of_scalar(node: yaml.Node) -> Iterator[tuple[Any, str]]:
    if not isinstance(node, yaml.ScalarNode):
        return
    if found := re.search("[\0\ud800-\udfff]", node.value):
        yield node.start_mark, f"a text must do without the character U+{ord(found[0]):04X}; remove it"
    # In quotes, too: where a number is due, the parser reads it there.
    if len(node.value) > LONGEST and _kind(node.value) == "tag:yaml.org,2002:int":
        said = f"a whole number must have {LONGEST} characters or fewer, got {len(node.value):,}; write a smaller one"
        yield node.start_mark, said


def _kind(text: str) -> Any:
    return yaml.resolver.Resolver().resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
