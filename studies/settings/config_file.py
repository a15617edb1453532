"""Checks a config's text before it is parsed: what the parser can't read, or not in time, is refused with its line."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from greenlight_films.datamodules.errors import InputError, nearest

DEEPEST = 40  # levels of lists and mappings in each other; the parser's time grows with their square
LARGEST = 100_000  # values of a config, each counted as often as an alias repeats it
LONGEST = 30  # characters of a whole number: Python takes a very long time over the digits of longer ones
CONFIGS = Path(__file__).parents[2] / "configs"  # the folder of the configs that Greenlight brings
PARTS = (".yaml", ".yml", ".json")  # suffixes of files that a config, or an option, may name in place of a value


def check_config(path: Path, option: str) -> None:
    """Refuse a config that is no mapping in YAML, has a key twice, or would keep the parser busy for ever.

    The files that it names in place of values are checked too; they may be lists.
    """
    root = _read(path, option)
    if root and not isinstance(root, yaml.MappingNode) and root.value != "":
        message = "a config must be keys such as `name: ratings`; see configs/ratings.yaml"
        raise InputError(f"{option} {path}, {_position(root.start_mark)}: {message}")
    _check_parts(root, path.parent, option, {path.resolve()})


def check_value(text: str, option: str) -> None:
    """Refuse a value of the command line, or the file that it names, in the same way."""
    try:
        root = _checked(text, option)
    except yaml.YAMLError:  # a plain text
        root = yaml.ScalarNode("", text)
    _check_parts(root, Path(), option, set())


def _check_parts(root: yaml.Node | None, folder: Path, option: str, seen: set[Path]) -> None:
    for node in _nodes(root):
        if not isinstance(node, yaml.ScalarNode) or not node.value.endswith(PARTS):
            continue
        for path in (folder / node.value, Path(node.value)):  # the parser looks in both
            if os.path.isfile(path) and path.resolve() not in seen:
                seen.add(path.resolve())
                _check_parts(_read(path, option), path.parent, option, seen)


def _read(path: Path, option: str) -> yaml.Node | None:
    try:
        text = path.read_text(encoding="utf-8")
        return _checked(text, f"{option} {path}")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(f"{option} {path}, line {line}: not utf-8 text; save it as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        position = _position(error.problem_mark or error.context_mark)
        problem = "; ".join(part for part in (error.context, error.problem) if part)
        raise InputError(f"{option} {path}, {position}: not YAML: {problem}; correct it there") from None
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        problem = f"not YAML: the character U+{error.character:04X}; remove it"
        raise InputError(f"{option} {path}, line {line}: {problem}") from None


def _checked(text: str, source: str) -> yaml.Node | None:
    for mark, problem in _problems_of_size(text):  # first: composing would follow any depth
        raise InputError(f"{source}, {_position(mark)}: {problem}")
    root: yaml.Node | None = yaml.compose(text, yaml.SafeLoader)
    for node in _nodes(root):
        for mark, problem in _problems_of(node):
            raise InputError(f"{source}, {_position(mark)}: {problem}")
    return root


def _position(mark: Any) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else "line 1"


def _nodes(root: yaml.Node | None) -> Iterator[yaml.Node]:
    """Yield all nodes of a config in their order, keys too, each once."""
    stack, seen = [root] if root else [], set[int]()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, yaml.SequenceNode):
            stack += reversed(node.value)
        elif isinstance(node, yaml.MappingNode):
            stack += [part for pair in reversed(node.value) for part in reversed(pair)]


def _problems_of_size(text: str) -> Iterator[tuple[Any, str]]:
    sizes: dict[str, int] = {}
    open_: list[tuple[str | None, int]] = []  # of each list or mapping not yet closed: anchor, values before it
    values = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            open_.append((event.anchor, values))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_.pop()
            sizes[str(anchor)] = values - before
        elif isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in open_):
                yield event.start_mark, f"the alias *{event.anchor} stands within itself; write out what it means"
            values += sizes.get(str(event.anchor), 0)
        values += isinstance(event, yaml.NodeEvent)
        if len(open_) > DEEPEST:
            yield event.start_mark, f"a config must be nested {DEEPEST} levels deep or less; no key needs more"
        if values > LARGEST:
            yield event.start_mark, f"a config must have {LARGEST:,} values or fewer, aliases written out; shorten it"


def _problems_of(node: yaml.Node) -> Iterator[tuple[Any, str]]:
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                yield key.start_mark, "a key must be a name, got a list or a mapping; a text with brackets needs quotes"
            elif key.value in keys and key.tag != "tag:yaml.org,2002:merge":
                yield key.start_mark, f"the key '{key.value[:80]}' stands there a second time; leave one of them"
            else:
                keys.add(key.value)
        yield from _problems_of_classes(node)
    elif isinstance(node, yaml.ScalarNode):
        if match := re.search("[\0\ud800-\udfff]", node.value):
            yield node.start_mark, f"a text must do without the character U+{ord(match[0]):04X}; remove it"
        # In quotes, too: where a number is due, the parser reads it there.
        tag = yaml.resolver.Resolver().resolve(yaml.ScalarNode, node.value, (True, False))  # type: ignore[no-untyped-call]
        if (length := len(node.value)) > LONGEST and tag == "tag:yaml.org,2002:int":
            yield node.start_mark, f"a whole number must have {LONGEST} characters or fewer, got {length:,}; shorten it"


def _problems_of_classes(node: yaml.MappingNode) -> Iterator[tuple[Any, str]]:
    """Yield arguments beside `class_path`, which belong into `init_args`, and features that are nothing."""
    values = {key.value: (key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}
    if "class_path" in values:
        named = values["class_path"][1].value
        for name, (key, _) in values.items():
            if name not in ("class_path", "init_args", "dict_kwargs", "<<"):
                form = f"{{class_path: {named}, init_args: {{{name}: ...}}}}"
                yield key.start_mark, f"'{name[:80]}' must stand within init_args; write {form}"
    features = values["features"][1] if "features" in values else None
    for item in features.value if isinstance(features, yaml.SequenceNode) else []:
        if item.tag == "tag:yaml.org,2002:null":
            yield item.start_mark, "a feature must be a class with its column, got nothing; remove the item"


def named_config(name: str) -> str:
    """Return the path of a config: a file, or one that Greenlight brings, by its name (`ratings`)."""
    own = CONFIGS / f"{name}.yaml"
    return str(own) if re.fullmatch(r"\w+", name) and not os.path.exists(name) and own.is_file() else name


def nearest_config(path: Path) -> str:
    """Return a question with the config that Greenlight brings whose name is near a path's; empty without one."""
    return nearest(path.stem, config_names())


def config_names() -> list[str]:
    """Return the names of the configs that Greenlight brings."""
    return sorted(file.stem for file in CONFIGS.glob("*.yaml"))
