"""Say what is wrong with a config or an option in its own words, with the nearest name there is."""

import re
from collections.abc import Iterable
from dataclasses import fields

from greenlight_films.datamodules.errors import nearest
from greenlight_films.datamodules.features import Feature
from greenlight_films.datamodules.splits import Split
from greenlight_films.datamodules.targets import TargetColumn
from greenlight_films.studies.settings.class_paths import refusal

NAMES = "names with what belongs to each"
KINDS = {
    "<class 'int'>": "a whole number",
    "<class 'float'>": "a number",
    "<class 'bool'>": "true or false",
    "<class 'list'>": "a list",
    "<class 'dict'>": NAMES,
}

DENIED = re.compile(rf"Importing '([^']*)' is not allowed|{re.escape(refusal('NAME')).replace('NAME', '([^;]*)')}")
"""What the parser says of it, or what was made of that for a key within."""


def reword(message: str, options: Iterable[str]) -> str:
    """Turn the parser's message into requirement, value and remedy.

    Args:
        options: the names that the command takes, such as `data.table`.
    """
    keys = re.findall(r'Parser key "([^"]*)":', message)
    detail = message.rsplit('":', 1)[-1].strip() if keys else message.strip()
    denied = DENIED.search(message)  # within whatever other types were tried
    said = refusal(denied[1] or denied[2]) if denied else _reword_detail(detail, list(options))
    whole = f"{'.'.join(keys)}: {said}" if keys and keys != ["config"] else said
    return re.sub(r"(\S{100})\S{200,}", r"\1...", whole)  # a value may be a whole file, and is told several times


def _reword_detail(detail: str, options: list[str]) -> str:
    classes = [*Feature.__subclasses__(), *Split.__subclasses__(), *TargetColumn.__subclasses__()]
    if found := re.match(r"unrecognized arguments: (\S+)", detail):
        name = found[1].split("=")[0]
        return f"no option '{name}'{nearest(name, (f'--{option}' for option in options))}"
    if found := re.match(r"Subcommand '\w+' does not accept option '([^']*)'", detail):
        return f"no key '{found[1]}' in a config{nearest(found[1], options)}"
    if found := re.match(r'Spaces not allowed in keys: "([^"]*)"', detail):
        return f"no key '{found[1]}' in a config: none has a blank in it, and search.space is for `tune` alone"
    if found := re.match(r"Option '([^']*)' is not accepted", detail):
        arguments = {field.name for kind in classes for field in fields(kind)}  # type: ignore[arg-type]
        return f"no argument '{found[1]}'{nearest(found[1], arguments)}"
    if found := re.match(r"Expected a dot import path string: (.*)", detail):
        names = [kind.__name__ for kind in classes]
        return f"no class '{found[1]}'{nearest(found[1], names) or '.'} There are: {', '.join(names)}"
    if found := re.match(r"Expected a (?:typing\.)?Literal\[(.*)\]\. Got value: (.*)", detail):
        return f"must be one of {found[1].replace(chr(39), '')}, got {found[2]}"
    if found := re.match(r"Expected a (<class '\w+'>)\. Got value: (.*)", detail):
        return f"must be {KINDS.get(found[1], found[1])}, got {found[2]}"
    if found := re.match(r"the following arguments are required: (.*)", detail):
        names = found[1].split(", ")
        if not all("." in name for name in names):  # those of a class, not of the command
            return f"needed and not given: {', '.join(names)}"
        missing = ", ".join("--" + name.split(".", 1)[1] for name in names)
        return f"needed and not given: {missing}; a config has them: --config configs/ratings.yaml"
    if "Does not validate against any of the Union subtypes" in detail:
        return _reword_union(detail)
    if found := re.match(r"Unexpected config:(.*)", detail):
        return f"--config must be a file of keys such as `name: ratings`, got {found[1].strip() or 'an empty one'}"
    if found := re.match(r"File does not exist: (.*)", detail):
        return f"--config: no file {found[1]}"
    if detail.startswith("Problems parsing config:"):
        return "--config is not YAML" + detail.removeprefix("Problems parsing config").replace("<unicode string>", "it")
    return detail


def _reword_union(detail: str) -> str:
    """Name what each of several types asks for, None left out."""
    given = detail.rsplit("Given value: ", 1)[-1]
    if found := re.search(r"Problem with given class_path '([^']*)':\s*(.*)", detail):
        return f"no class '{found[1]}': {found[2]}"
    wanted = []
    for kind in re.findall(r"- Expected a (?:typing\.)?(.*)", detail):
        if choice := re.match(r"Literal\[(.*)\]", kind):
            wanted.append(f"one of {choice[1].replace(chr(39), '')}")
        elif kind in KINDS:
            wanted.append(KINDS[kind])
    return f"must be {' or '.join(dict.fromkeys(wanted)) or 'of another kind'}, got {given}"
