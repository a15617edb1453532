"""Ends a command that got a signal after its results were written."""

from greenlight_films.datamodules.program import command
from greenlight_films.lightning_modules.callbacks.signals import STOP
from greenlight_films.studies.results import Results


def raise_if_stopped(results: Results, resume: str = "") -> None:
    """Raise KeyboardInterrupt where a signal came or importance was not measured whole, with the command to resume."""
    importance = results.importance
    if STOP.number is not None or importance.get("missing") or importance.get("missing_columns"):
        remedy = [f"go on with: {command(f'{resume} --resume {results.run.path}')}"] if resume else []
        raise KeyboardInterrupt(*remedy)
