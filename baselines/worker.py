"""A process that fits classical models to the films that it is given."""

import os
import pickle
import sys

from greenlight_films.baselines.comparison import Comparison, Fits
from greenlight_films.datamodules import Films, Fitted, InputError


def given_to(comparison: Comparison, films: Films, fitted: Fitted) -> bytes:
    """Return what the process reads from its standard input."""
    return pickle.dumps((comparison, films, fitted), protocol=5)


def work() -> int:
    """Fit the models that standard input tells of, and write them, or why there are none, to standard output."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is none of it
    comparison, films, fitted = pickle.load(sys.stdin.buffer)
    result: Fits | InputError
    try:
        result = comparison.fit_all(films, fitted, packed=True)
    except InputError as problem:
        result = problem
    with output:
        pickle.dump(result, output, protocol=5)
    return 0


def answer_of(output: bytes) -> Fits:
    """Return what the process wrote.

    Raises:
        InputError: a model that was requested can't be fitted.
    """
    result = pickle.loads(output)
    if isinstance(result, InputError):
        raise result
    return result
