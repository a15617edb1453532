"""Refuse arguments that are not what their type hints say, as the parser of configs does for those of a config."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import is_dataclass
from functools import cache
from inspect import isabstract
from itertools import chain
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from greenlight_films.datamodules.errors import InputError, nearest

IN_WORDS = {int: "a whole number", float: "a number", bool: "True or False", str: "a text"}
LONGEST = 80  # characters of a value in a message
SEVERAL = {int: "whole numbers", float: "numbers", str: "texts"}


def refuse_other_types(of: Callable[..., Any], arguments: Mapping[str, Any], naming: str = "{}") -> None:
    """Refuse arguments of another type than a function, or a dataclass, has for them, with all of them in one message.

    Numbers of numpy are numbers, and any collection but a text or a mapping is a list. Dataclasses among the arguments
    are looked into.

    Args:
        naming: how the message calls an argument, such as "column 'cast': `{}`".
    """
    hints = _hints_of(of)
    problems = [
        f"{naming.format(name)} must {'have a value' if value is None else f'be {_in_words(hints[name])}'}, "
        f"got {_shown(value)}{_remedy(hints[name], value)}"
        for name, value in arguments.items()
        if name in hints and not _fits(value, hints[name])
    ]
    if problems:
        raise InputError("\n".join(problems))
    for value in arguments.values():
        if is_dataclass(value) and not isinstance(value, type):
            refuse_other_types(type(value), vars(value), f"{type(value).__name__}: `{{}}`")


@cache
def _hints_of(of: Callable[..., Any]) -> dict[str, Any]:
    return get_type_hints(of)


@cache
def _parts(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    return get_origin(hint) or hint, get_args(hint)


def _fits(value: Any, hint: Any) -> bool:
    origin, args = _parts(hint)
    if origin is type(value) and not args:
        return True
    if origin in (Union, UnionType):
        return any(_fits(value, part) for part in args)
    if origin is Literal:
        return any(value is choice or (isinstance(value, str) and value == choice) for choice in args)
    if origin is Any:
        return True
    if origin in (int, float):
        return isinstance(value, Integral if origin is int else Real)
    if origin is bool:
        return isinstance(value, bool | np.bool_)
    if origin in (list, Sequence):
        is_list = isinstance(value, Collection) and not isinstance(value, str | bytes | Mapping)
        return is_list and all(_fits(item, part) for item in value for part in args)
    if origin in (dict, Mapping):
        return isinstance(value, Mapping) and all(
            _fits(item, part) for pair in value.items() for item, part in zip(pair, args, strict=False)
        )
    return isinstance(value, origin)


def _in_words(hint: Any) -> str:
    """Say what a type hint takes; that None is taken too goes without saying.

    >>> _in_words(list[int] | None), _in_words(Literal["one", "sqrt"])
    ('a list of whole numbers', 'one of one, sqrt')
    """
    origin, args = get_origin(hint) or hint, get_args(hint)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_in_words(part) for part in args if part is not NoneType))
    if origin is Literal:
        return f"one of {', '.join(map(str, args))}" if len(args) > 1 else repr(args[0])
    if origin in (list, Sequence):
        choices = _choices(args[0]) if args else []
        return f"a list of {SEVERAL.get(args[0]) or ', '.join(choices)}" if choices or args[0] in SEVERAL else "a list"
    if origin in (dict, Mapping):
        return f"a dict with {_in_words(args[1])} for each name" if args else "a dict"
    if isabstract(origin):
        return f"a {origin.__name__} ({', '.join(kind.__name__ for kind in origin.__subclasses__())})"
    return IN_WORDS.get(origin) or f"a {origin.__name__}"


def _remedy(hint: Any, value: Any) -> str:
    """Say which word was meant, or that what is given must stand in a list; nothing where neither is known."""
    parts = [part for part in (hint, *get_args(hint)) if get_origin(part) in (list, Sequence)]
    if any(_fits(value, item) for part in parts for item in get_args(part)):
        return f"; give {shown}" if len(shown := repr([value])) <= LONGEST else "; give a list of it"
    return nearest(str(value), _choices(hint))


def _choices(hint: Any) -> list[str]:
    """Return the words of a hint, one of which a misspelt one may stand for."""
    if get_origin(hint) is Literal:
        return [choice for choice in get_args(hint) if isinstance(choice, str)]
    return list(chain.from_iterable(map(_choices, get_args(hint))))


def _shown(value: Any) -> str:
    """Return a value as the message has it: None as in a config, long ones cut."""
    shown = "null" if value is None else repr(value)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 3]}..."
