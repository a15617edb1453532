"""Classical models that are fitted in a process of their own, while a small network is trained with one thread."""

import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from subprocess import DEVNULL, PIPE, Popen

import torch

from greenlight_films.baselines import worker
from greenlight_films.baselines.comparison import Fits
from greenlight_films.datamodules import FilmDataModule
from greenlight_films.studies.checkpoints import Checkpoint
from greenlight_films.studies.processes import is_rank_zero
from greenlight_films.studies.settings.settings import Settings
from greenlight_films.studies.training import is_small
from greenlight_films.studies.workers import GIB, ONE_THREAD, START, end, free_memory, start_python

MOST_FILMS = 100_000  # of more, the models take little of a study's time, and much memory


@contextmanager
def fitting_beside(
    settings: Settings, data: FilmDataModule, resume: Checkpoint | None
) -> Iterator[Callable[[], Fits | None] | None]:
    """Fit the models of a study that begins in a process of their own, which ends when this is left.

    It yields None where they are better fitted after the network, and else what waits for them: it returns None if the
    process was lost, and raises an InputError where a model that was requested can't be fitted.
    """
    begun = None if resume or not _is_worthwhile(settings, data) else _begin(settings, data)
    if begun is None:
        yield None
        return
    process, given = begun
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(process.communicate, given)
        try:
            yield lambda: worker.answer_of(answer.result()[0]) if process.wait() == 0 else None
        finally:
            end([process])


def _begin(settings: Settings, data: FilmDataModule) -> tuple[Popen[bytes], bytes] | None:
    """Start the process; return it with what it is to be given, or None where that can't be."""
    films, fitted = data.refitted(inputs=False) if settings.refit else (data.films, data.fitted)
    try:
        given = worker.given_to(settings.comparison, films, fitted)
        streams = {"stdin": PIPE, "stdout": PIPE, "stderr": DEVNULL}
        return start_python(START.format(worker.__name__), [], ONE_THREAD, **streams), given
    except (OSError, TypeError, AttributeError, pickle.PicklingError):
        return None  # the system has no process to give, or a class is a function's own


def _is_worthwhile(settings: Settings, data: FilmDataModule) -> bool:
    """Tell whether there are models to fit, a small network, a core and memory to spare, and not too many films."""
    devices = settings.training.trainer.get("devices", "auto")
    is_alone = settings.training.num_nodes == 1 and (
        devices in ("1", 1) or (devices == "auto" and torch.cuda.device_count() < 2)
    )
    is_quick = is_small(settings.model) and data.films.n_rows <= MOST_FILMS and data.entry is None
    has_room = torch.get_num_threads() > 1 and free_memory() > 3 * GIB
    return is_rank_zero() and bool(settings.comparison.baselines()) and is_alone and is_quick and has_room
