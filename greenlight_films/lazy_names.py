"""Names of a package that are imported when they are first used (PEP 562), so that `--help` does not wait for torch."""

import ast
import random
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any


def lazy_names(package: str, file: str) -> tuple[Callable[[str], Any], list[str]]:
    """Return `__getattr__` and `__all__` of a package whose names stand in the stub beside its `__init__.py`.

    Args:
        package: its `__name__`.
        file: its `__file__`; `from .module import Name` in the stub `__init__.pyi` says where each name is.
    """
    stub = ast.parse(Path(file).with_suffix(".pyi").read_text(encoding="utf-8"))
    imports = [statement for statement in stub.body if isinstance(statement, ast.ImportFrom)]
    modules = {name.name: f"{package}.{statement.module}" for statement in imports for name in statement.names}

    def __getattr__(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        state = random.getstate()
        try:
            return getattr(import_module(modules[name]), name)
        finally:
            random.setstate(state)  # Lightning draws from it while it is imported

    return __getattr__, sorted(modules)
