"""The command line's own name, for messages that say what to type next."""

import json
import sys
from pathlib import Path


def command(words: str) -> str:
    """Return a command as it is typed here: `greenlight ...` where that was started, else `python cli.py ...`.

    >>> command("test --run runs/ratings/version_0")
    'python cli.py test --run runs/ratings/version_0'
    """
    started = Path(sys.argv[0])
    if started.stem == "greenlight":
        return f"greenlight {words}"
    if started.name == "__main__.py" and started.parent.name == "greenlight_films":
        return f"python -m greenlight_films {words}"
    return f"python cli.py {words}"


def as_typed(value: object) -> str:
    """Return a value as it is typed after an option.

    >>> as_typed([32, 16]), as_typed("mse")
    ('[32, 16]', 'mse')
    """
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
