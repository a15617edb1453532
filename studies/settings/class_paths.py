"""Which classes a config may name: importing a module runs its code, so names are looked at before."""

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jsonargparse import Namespace, set_parsing_settings
from jsonargparse._common import parsing_settings

from greenlight_films.datamodules.errors import InputError

PROJECT = ("greenlight_films",)

# Only parts whose classes belong in a config: torch.hub, torch.load, lightning's own command line and the like run code
# or read pickles. jsonargparse also asks where an object is defined, so `torch.os.system` is not torch's.
LIBRARIES = (
    *(f"lightning.fabric.{part}" for part in ("accelerators", "loggers", "plugins", "strategies")),
    *(
        f"lightning.pytorch.{part}"
        for part in ("accelerators", "callbacks", "loggers", "plugins", "profilers", "strategies")
    ),
    *("torch.distributed.fsdp", "torch.nn", "torch.optim", "torchmetrics"),
)

set_parsing_settings(
    import_path_denylist=["*"],
    import_path_allowlist=[*PROJECT, *LIBRARIES],
    instantiate_subclass_spec_in_any=False,  # an argument of no type would build any class
)


def refusal(name: str) -> str:
    """Say which classes can be named, and how others are let in."""
    return (
        "class_path must be a class of Greenlight, or a callback, logger, profiler, strategy, plugin, module or "
        f"optimizer of lightning or torch, got {name}; --allow_any_class lets a config import anything: only for "
        "configs you trust"
    )


@contextmanager
def any_class() -> Iterator[None]:
    """Let configs import anything for a while."""
    limits = parsing_settings["import_path_verdicts"]
    parsing_settings["import_path_verdicts"] = {}  # jsonargparse adds to its lists, and has no way back
    try:
        yield
    finally:
        parsing_settings["import_path_verdicts"] = limits


def refuse_functions(config: Any, key: str = "") -> None:
    """Refuse what a parsed config names that is no class: a function would be called with the config's arguments.

    Raises:
        InputError: with the key.
    """
    if not parsing_settings["import_path_verdicts"]:
        return
    if isinstance(config, Namespace):
        config = vars(config)
    if isinstance(config, dict):
        path = config.get("class_path")
        if isinstance(path, str) and not _is_class(path):
            raise InputError(f"{key}: {refusal(path)}")
        for name, value in config.items():
            refuse_functions(value, f"{key}.{name}" if key else str(name))
    elif isinstance(config, list | tuple | set):
        for value in config:
            refuse_functions(value, key)
    elif inspect.isroutine(config):
        raise InputError(f"{key}: {refusal(f'{config.__module__}.{config.__qualname__}')}")


def _is_class(path: str) -> bool:
    """Tell whether a name is that of a class; nothing is imported for it."""
    module = path
    while module and module not in sys.modules:
        module = module.rpartition(".")[0]
    found: Any = sys.modules.get(module)
    for name in path[len(module) :].split(".")[1:]:
        found = getattr(found, name, None)
    return inspect.isclass(found)
