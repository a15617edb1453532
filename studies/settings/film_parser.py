"""A parser of command lines and configs whose errors are one message."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, NoReturn, get_args

import yaml
from jsonargparse import Namespace
from lightning.pytorch.cli import LightningArgumentParser

from greenlight_films.datamodules import InputError
from greenlight_films.studies.settings.messages import reword

# Of a callback's defaults: the name stands for it in a config.
yaml.SafeDumper.add_multi_representer(Enum, lambda dumper, value: dumper.represent_data(value.value))


class FilmArgumentParser(LightningArgumentParser):
    """A parser whose errors are the message alone."""

    options: tuple[str, ...] = ()
    """What the chosen subcommand takes, for messages of any parser."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        raise InputError(reword(str(message), self.options)) from ex

    def instantiate_classes(self, cfg: Namespace, **kwargs: Any) -> Namespace:
        """Build what a config names."""
        with told():
            return super().instantiate_classes(cfg, **kwargs)

    def dump(self, *args: Any, **kwargs: Any) -> str:
        """Return the config as text."""
        with told():
            return super().dump(*args, **kwargs)


def refuse_null(config: Namespace, parser: LightningArgumentParser) -> None:
    """Refuse keys that a config leaves empty and that have no such value: the parser takes null for any.

    Raises:
        InputError: with the key.
    """
    for action in parser._actions:
        kind = getattr(action, "_typehint", Any)
        if kind is Any or action.default is None or {None, type(None)} & set(get_args(kind)):
            continue
        if config.get(action.dest, action.default) is None:
            usual = getattr(action.default, "class_path", action.default)
            raise InputError(f"{action.dest} must have a value, got null; leave it out for {usual}")


@contextmanager
def told() -> Iterator[None]:
    """Tell what the parser, or a class that a config names, makes of values that neither checks."""
    try:
        yield
    except InputError:
        raise
    except (
        *(ArithmeticError, AttributeError, ImportError, LookupError, NotImplementedError, RecursionError, TypeError),
        *(ValueError, yaml.YAMLError),
    ) as problem:
        said = " ".join(reword(str(problem), ()).split())[:500]
        raise InputError(
            f"the config can't be used: {type(problem).__name__}: {said}; `--help-all` says what each key takes"
        ) from problem
