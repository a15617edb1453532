"""Drops warnings and log lines of Lightning and torch that call for nothing."""

import logging
import threading
import warnings

from greenlight_films.studies.training import TIPS

NOISE = (
    *TIPS,
    ".*Glyph .* missing from font.*",  # a picture shows a box for a script that its font lacks
    ".*LightningCLI's args parameter.*",
)


def quieten() -> None:
    """Leave warnings that matter and drop tips, device lists and what is meant to be so."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    threading.excepthook = _on_thread_error
    for message in NOISE:
        warnings.filterwarnings("ignore", message)


def _on_thread_error(arguments: threading.ExceptHookArgs) -> None:
    # TensorBoard's writer raises a full disk again where it is asked to write, which the command line tells.
    if not isinstance(arguments.exc_value, OSError):
        threading.__excepthook__(arguments)
