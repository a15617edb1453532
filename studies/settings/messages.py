"""Rewords the parser's errors: what is required, what was given, and the nearest name there is."""

import re
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path

from greenlight_films.datamodules import Split, TargetColumn
from greenlight_films.datamodules.errors import nearest
from greenlight_films.datamodules.features import feature_kinds
from greenlight_films.studies.settings.class_paths import refusal
from greenlight_films.studies.settings.config_file import nearest_config

NAMES = "names with what belongs to each"
KINDS = {
    "<class 'int'>": "a whole number",
    "<class 'float'>": "a number",
    "<class 'bool'>": "true or false",
    "<class 'str'>": "a text",
    "<class 'list'>": "a list",
    "<class 'dict'>": NAMES,
}

# The parser's message about a class that may not be named, or `refusal` where a key within it was reworded before.
DENIED = re.compile(rf"Importing '([^']*)' is not allowed|{re.escape(refusal('NAME')).replace('NAME', '([^;]*)')}")

NO_PATH = re.compile(r"- Expected a path but .* either not accessible or invalid\s*- ")  # tried before what is expected
NO_CLASS = re.compile(
    r"Expected a dot import path string: (.*)|Not a valid subclass of \w+\. Got value: ([^\n]*).*", re.DOTALL
)

NAMESPACE = re.compile(r"Namespace\(class_path='(?:[\w.]*\.)?(\w+)'.*\)", re.DOTALL)  # an object that a config names


def reword(message: str, options: Iterable[str]) -> str:
    """Return the parser's message as requirement, value and remedy; options are names such as `data.table`."""
    keys = re.findall(r'Parser key "([^"]*)":', message)
    detail = NO_PATH.sub("", message.rsplit('":', 1)[-1].strip() if keys else message.strip())
    denied = DENIED.search(message)  # among whatever other types were tried
    no_class = NO_CLASS.fullmatch(detail)
    if denied:
        text = refusal(denied[1] or denied[2])
    elif no_class:
        text = _unknown_class(_shortened(no_class[1] or no_class[2]), keys[-1] if keys else "")
    else:
        text = _reword_detail(detail, list(options))
    text = NAMESPACE.sub(r"\1", text)
    whole = f"{'.'.join(keys)}: {text}" if keys and keys != ["config"] else text
    whole += "; curves are written for TensorBoard into the run's folder" if keys == ["trainer.logger"] else ""
    return _shortened(whole)


def _shortened(text: str) -> str:
    return re.sub(r"(\S{100})\S{200,}", r"\1...", text)  # a value may be a whole file, and is repeated


def _reword_detail(detail: str, options: list[str]) -> str:
    if "Does not validate against any of the Union subtypes" in detail:
        return _reword_union(detail)
    if detail.startswith("Problems parsing config:"):
        return "--config is not YAML" + detail.removeprefix("Problems parsing config").replace("<unicode string>", "it")
    for pattern, say in PATTERNS.items():
        if match := re.match(pattern, detail):
            return say(match[1], match[match.re.groups], options)
    return detail


def _classes() -> list[type]:
    return [*feature_kinds(), *Split.__subclasses__(), *TargetColumn.__subclasses__()]


# What each key may name, and how it is declared.
CLASSES_OF: dict[str, tuple[list[type], str]] = {
    "data.features": (feature_kinds(), "{class_path: Number, init_args: {column: NAME}}"),
    "data.target": (TargetColumn.__subclasses__(), "{class_path: Target, init_args: {column: NAME}}"),
    "data.split": (Split.__subclasses__(), "{class_path: RandomSplit, init_args: {val: 0.1, test: 0.2}}"),
}


def _unknown_option(words: str, _: str, options: list[str]) -> str:
    name = words.split("=")[0]
    return f"no option '{name}'{nearest(name, (f'--{option}' for option in options))}"


def _unknown_key(group: str, name: str, options: list[str]) -> str:
    key = name if group == name else f"{group}.{name}"
    if key.partition(".")[0] == "search":
        return "`search` is for `tune` alone: give it this config, or take `search` out"
    return f"no key '{key}' in a config{nearest(key, options)}"


def _unknown_argument(name: str, _: str, options: list[str]) -> str:
    if any("." in option for option in options):  # of a config, and of no class that it names
        return _unknown_key(name, name, options)
    arguments = {field.name for kind in _classes() for field in fields(kind)}
    return f"no argument '{name}'{nearest(name, arguments)}"


def _unknown_class(value: str, key: str) -> str:
    """Say which classes a key may name, and how a column or a split is declared."""
    classes, example = CLASSES_OF.get(key, (_classes(), ""))
    names = [kind.__name__ for kind in classes]
    remedy = nearest(value, names) or (f"; write such as {example}." if example else ".")
    return f"no class '{value}'{remedy} There are: {', '.join(names)}"


def _no_file(path: str, _: str, options: list[str]) -> str:
    return f"--config: no file {path}{nearest_config(Path(path.strip(chr(39))))}"


def _missing(names: str, _: str, options: list[str]) -> str:
    listed = [f"--{name}" if "." in name else name for name in names.split(", ")]
    remedy = "; a config has them: --config configs/ratings.yaml" if "." in names else ""
    return f"needed and not given, or left empty: {', '.join(listed)}{remedy}"


# Beginnings of the parser's messages; each is reworded from its first and last group and the options there are.
PATTERNS: dict[str, Callable[[str, str, list[str]], str]] = {
    r"[Uu]nrecognized arguments: (\S+)": _unknown_option,
    r"Option '([^']*)' is not accepted": _unknown_argument,
    r"Group '([^']*)' does not accept option '([^']*)'": _unknown_key,
    r"Key '([^']*)'": _unknown_key,
    r'Spaces not allowed in keys: "([^"]*)"': lambda name, _, options: (
        f"no key '{name}' in a config: none has a blank in it, and search.space is for `tune` alone"
    ),
    r"Expected a (?:typing\.)?Literal\[(.*)\]\. Got value: (.*)": lambda choices, value, _: (
        f"must be one of {choices.replace(chr(39), '')}, got {value}"
    ),
    r"Expected a (<class '\w+'>)\. Got value: (.*)": lambda kind, value, _: (
        f"must be {KINDS.get(kind, kind)}, got {value}"
    ),
    r"the following arguments are required: (.*)": _missing,
    r"Unexpected config:(.*)": lambda config, *_: (
        f"--config must be a file of keys such as `name: ratings`, got {config.strip() or 'an empty one'}"
    ),
    r"File does not exist: (.*)": _no_file,
}


def _reword_union(detail: str) -> str:
    """Name what each of several types asks for, None left out."""
    value = detail.rsplit("Given value: ", 1)[-1]
    if match := re.search(r"Problem with given class_path '([^']*)':\s*(.*)", detail):
        return f"no class '{match[1]}': {match[2]}"
    kinds = []
    for kind in re.findall(r"- Expected a (?:typing\.)?(.*)", detail):
        if choice := re.match(r"Literal\[(.*)\]", kind):
            kinds.append(f"one of {choice[1].replace(chr(39), '')}")
        elif kind in KINDS:
            kinds.append(KINDS[kind])
    return f"must be {' or '.join(dict.fromkeys(kinds)) or 'of another kind'}, got {value}"
