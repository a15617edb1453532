"""Classical models that are fitted in a process of their own, while the network is trained.

A small network's steps are as exact with one thread and nearly as fast, so that another core is free.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from subprocess import DEVNULL, PIPE

import torch

from greenlight_films.baselines import worker
from greenlight_films.baselines.comparison import Fits
from greenlight_films.datamodules import FilmDataModule
from greenlight_films.studies.checkpoints import Checkpoint
from greenlight_films.studies.processes import is_rank_zero
from greenlight_films.studies.settings.settings import Settings
from greenlight_films.studies.workers import GIB, ONE_THREAD, START, end, free_memory, start_python

WIDEST = 128  # hidden units; steps of wider layers are rounded differently with another number of threads
MOST_FILMS = 100_000  # of more, training with one thread costs more than is won


@contextmanager
def fitting_beside(
    settings: Settings, data: FilmDataModule, resume: Checkpoint | None
) -> Iterator[Callable[[], Fits | None] | None]:
    """Fit the models of a study that begins in a process of their own, which ends when this is left.

    It yields None where they are better fitted after the network, and else what waits for them: it returns None if the
    process was lost, and raises an InputError where a model that was requested can't be fitted.
    """
    if resume or not _is_worthwhile(settings, data):
        yield None
        return
    films, fitted = data.refitted(inputs=False) if settings.refit else (data.films, data.fitted)
    given = worker.given_to(settings.comparison, films, fitted)
    try:
        process = start_python(START.format(worker.__name__), [], ONE_THREAD, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
    except OSError:  # the system has no process to give
        yield None
        return
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(process.communicate, given)
        try:
            yield lambda: worker.answer_of(answer.result()[0]) if process.wait() == 0 else None
        finally:
            end([process])


def _is_worthwhile(settings: Settings, data: FilmDataModule) -> bool:
    """Tell whether there are models to fit, a small network, a core and memory to spare, and not too many films."""
    is_alone = settings.training.num_nodes == 1 and settings.training.trainer.get("devices", "auto") in ("auto", "1", 1)
    is_small = max(settings.model.hparams["hidden"], default=0) <= WIDEST and data.films.n_rows <= MOST_FILMS
    has_room = torch.get_num_threads() > 1 and free_memory() > 3 * GIB and data.entry is None
    return is_rank_zero() and bool(settings.comparison.baselines()) and is_alone and is_small and has_room
