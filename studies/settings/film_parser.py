"""The argument parser of options and configs, whose errors are one message in the user's words."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, NoReturn

import yaml
from jsonargparse import Namespace, get_loader, set_dumper, set_loader
from lightning.pytorch.cli import LightningArgumentParser

from greenlight_films.datamodules.errors import InputError, nearest
from greenlight_films.studies.settings.class_paths import with_current_names
from greenlight_films.studies.settings.messages import reword

MODE = "greenlight"  # the name under which jsonargparse knows how configs are read and written here


class _Dumper(yaml.SafeDumper):
    """Writes YAML, an enum of a callback's defaults by its value."""


_Dumper.add_multi_representer(Enum, lambda dumper, value: dumper.represent_data(value.value))


def dump_yaml(config: Any) -> str:
    """Return a config as YAML, keys in their order."""
    return yaml.dump(config, Dumper=_Dumper, sort_keys=False, allow_unicode=True)


set_loader(MODE, lambda text: with_current_names(get_loader("yaml")(text)), exceptions=(yaml.YAMLError,))
set_dumper(MODE, dump_yaml)


class FilmArgumentParser(LightningArgumentParser):
    """A parser that raises InputError in place of printing its usage and ending the process."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        raise InputError(reword(str(message), option_names(self))) from None


def option_names(parser: LightningArgumentParser) -> list[str]:
    """Return the names of all options, groups such as `data` too."""
    leaves = list(parser.get_defaults(skip_validation=True).keys())
    groups = {leaf.rpartition(".")[0] for leaf in leaves if "." in leaf}
    short = [leaf.replace(".init_args.", ".") for leaf in leaves]
    return list(dict.fromkeys([*leaves, *short, *sorted(groups)]))


def refuse_null(config: Namespace, parser: LightningArgumentParser) -> None:
    """Refuse keys that a config leaves empty and that have no such value: the parser takes null for any."""
    defaults = parser.get_defaults(skip_validation=True)
    for key, usual in defaults.items():
        # The trainer's settings may be null whatever their default, and a batch's size whatever its preset's.
        if usual is not None and not key.startswith(("trainer.", "data.batch_size")) and config.get(key, usual) is None:
            raise InputError(f"{key} must have a value, got null; leave it out for {usual}")


def refuse_unknown_empty(keys: dict[str, Any], parser: LightningArgumentParser) -> None:
    """Refuse unknown keys of a config with nothing in them, `modle: {}`, which the parser leaves out."""
    groups = {key: value for key, value in keys.items() if isinstance(value, dict)}
    inner = {f"{group}.{key}": value for group, part in groups.items() for key, value in part.items()}
    for key, value in {**groups, **inner}.items():
        if value == {} and key not in (known := option_names(parser)):
            raise InputError(f"no key '{key}' in a config{nearest(key, known)}")


@contextmanager
def config_errors() -> Iterator[None]:
    """Turn what the parser, or a class that a config names, raises over values that neither checks into one message."""
    try:
        yield
    except InputError:
        raise
    except (
        *(ArithmeticError, AttributeError, ImportError, LookupError, NotImplementedError, RecursionError, TypeError),
        *(ValueError, yaml.YAMLError),
    ) as problem:
        message = " ".join(reword(str(problem), ()).split())[:500]
        raise InputError(
            f"the config can't be used: {type(problem).__name__}: {message}; `--help-all` says what each key takes"
        ) from problem
