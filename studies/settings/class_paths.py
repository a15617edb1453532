"""Which classes a config may name: importing a module runs its code, so names are checked before."""

import inspect
import sys
from typing import Any

from jsonargparse import Namespace, set_parsing_settings

from greenlight_films.datamodules.errors import InputError

# Only parts whose classes belong in a config: torch.hub, torch.load, Lightning's own command line and the like run code
# or read pickles. jsonargparse also checks where an object is defined, so `torch.os.system` is not torch's.
ALLOWED = (
    "greenlight_films",
    *(f"lightning.fabric.{part}" for part in ("accelerators", "loggers", "plugins", "strategies")),
    *(f"lightning.pytorch.{part}" for part in ("accelerators", "callbacks", "loggers", "plugins", "profilers")),
    *("lightning.pytorch.strategies", "torch.distributed.fsdp", "torch.nn", "torch.optim", "torchmetrics"),
)

# Packages that older configs name without `greenlight_films` before them.
FOLDERS = ("baselines", "datamodules", "importance", "lightning_modules")


class ClassLimit:
    """Whether configs may name classes of other packages; a process that has refused some can't allow them later."""

    def __init__(self) -> None:
        self.is_set = self.is_lifted = False

    def lift(self) -> None:
        """Let configs name any class from now on."""
        if self.is_set:
            raise InputError("--allow_any_class must be given to a process of its own: this one limits classes already")
        self.is_lifted = True

    def enforce(self) -> None:
        """Refuse classes of other packages, unless the limit was lifted."""
        # An argument without a type would build any class.
        denied, allowed = (None, None) if self.is_lifted else (["*"], list(ALLOWED))
        set_parsing_settings(
            instantiate_subclass_spec_in_any=False, import_path_denylist=denied, import_path_allowlist=allowed
        )
        self.is_set = not self.is_lifted


CLASS_LIMIT = ClassLimit()


def refusal(name: str) -> str:
    """Return the message that names the classes that are allowed, and the way to allow others."""
    return (
        "class_path must be a class of Greenlight, or a callback, logger, profiler, strategy, plugin, module or "
        f"optimizer of lightning or torch, got {name}; --allow_any_class lets a config import anything: only for "
        "configs you trust"
    )


def with_current_names(config: Any) -> Any:
    """Return a loaded config in which class paths of older versions, `datamodules.Number`, have today's names."""
    if isinstance(config, list):
        return [with_current_names(value) for value in config]
    if not isinstance(config, dict):
        return config
    current = {key: with_current_names(value) for key, value in config.items()}
    path = current.get("class_path")
    if isinstance(path, str) and path.partition(".")[0] in FOLDERS:
        current["class_path"] = f"greenlight_films.{path}"
    return current


def refuse_functions(config: Any, key: str = "") -> None:
    """Refuse a parsed config that names a function: it would be called with the config's arguments."""
    if CLASS_LIMIT.is_lifted:
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
    """Tell whether a name is that of a class; nothing is imported to find out."""
    module = path
    while module and module not in sys.modules:
        module = module.rpartition(".")[0]
    value: Any = sys.modules.get(module)
    for name in path[len(module) :].split(".")[1:]:
        value = getattr(value, name, None)
    return inspect.isclass(value)
