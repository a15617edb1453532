"""`quietly`: a context in which training changes no global random state, and Lightning gives no tips."""

import logging
import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from greenlight_films.studies.training import TIPS


@contextmanager
def quietly() -> Iterator[None]:
    """Leave Python's, numpy's and torch's global random states as they were, and drop Lightning's tips."""
    states = random.getstate(), np.random.get_state()  # noqa: NPY002 (the global one is what is kept)
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    devices = list(range(torch.cuda.device_count()))
    try:
        with torch.random.fork_rng(devices), warnings.catch_warnings():
            for message in TIPS:
                warnings.filterwarnings("ignore", message)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
