"""Settings by column, `--missing`, `--decimal` and `--day_first`: what several options of one name say together."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import yaml

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.formats import DECLARED


def value_of(text: str) -> Any:
    """Return an option's value as YAML has it; a text that is none, or a decimal mark, as it stands."""
    try:
        return yaml.safe_load(text) if text not in (".", ",") else text
    except yaml.YAMLError:
        return text


def together(option: str, texts: Sequence[str]) -> Any:
    """Return what options of one name say: those of several columns add up, as do texts that mean missing.

    Raises:
        InputError: one is for all columns, and another by column.
    """
    first, *others = map(value_of, texts)
    for text, value in zip(texts[1:], others, strict=True):
        if isinstance(first, dict) != isinstance(value, dict):
            raise InputError(f"{option} must be of all columns or by column, got {texts[0]} and {text}; give one form")
        if isinstance(first, dict):
            first = {**first, **{name: _added(first.get(name), cells) for name, cells in value.items()}}
        else:
            first = _added(first, value)
    return first


def with_options_together(words: Sequence[str]) -> list[str]:
    """Return words with one option in the place of several `--data.missing`, `--data.decimal` or `--data.day_first`."""
    for option in (f"--data.{name}" for name in DECLARED):
        rest, texts, index = list[str](), list[str](), 0
        is_value = False
        for word, following in zip_longest(words, words[1:], fillvalue=""):
            name, equals, value = word.partition("=")
            if is_value:
                is_value = False
            elif name == option:
                index = index if texts else len(rest)
                texts.append(value if equals else following)
                is_value = not equals
            else:
                rest.append(word)
        if len(texts) > 1:
            value = yaml.safe_dump(together(option, texts), default_flow_style=True, allow_unicode=True, width=10**9)
            words = [*rest[:index], option, value.removesuffix("\n...\n").strip(), *rest[index:]]
    return list(words)


def _added(first: Any, second: Any) -> Any:
    """Return both lists of texts as one; of other values the second."""
    return [*first, *second] if isinstance(first, list) and isinstance(second, list) else second
