"""The application: from requests to answers."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel

from greenlight_films.datamodules.errors import InputError
from greenlight_films.serving.answers import change, predict
from greenlight_films.serving.best import best
from greenlight_films.serving.catalogue import Catalogue
from greenlight_films.serving.cells import Edit, FieldError, Film
from greenlight_films.serving.refusals import faults_of
from greenlight_films.serving.schemas import (
    Best,
    BestWanted,
    Change,
    ChangeWanted,
    FilmMatches,
    Goodness,
    Importances,
    LabelMatches,
    Predictions,
    PredictionWanted,
    RunShape,
    WholeFilm,
)
from greenlight_films.serving.served_run import ServedRun
from greenlight_films.version import version

THREADS = 4
PAGE = Path(__file__).with_name("page")

Search = Annotated[str, Query(max_length=200)]
Few = Annotated[int, Query(ge=1, le=100)]
Role = Annotated[str, Query(max_length=300)]


def application(run: ServedRun) -> FastAPI:
    """Return the application that answers questions about a run."""
    app = FastAPI(
        title=f"Greenlight: {run.results.name}",
        version=version(),
        description="What the run's network predicts of films, what moves it, and how sure it is.",
        docs_url=None,  # these load from elsewhere
        redoc_url=None,
        lifespan=_few_threads,
    )
    catalogue = Catalogue(run)
    app.include_router(_questions(run, catalogue))
    app.include_router(_lookups(catalogue))

    @app.get("/", include_in_schema=False)
    def page() -> Response:
        return FileResponse(PAGE / "index.html")

    app.mount("/page", StaticFiles(directory=PAGE), name="page")
    app.add_exception_handler(FieldError, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    return app


@asynccontextmanager
async def _few_threads(app: FastAPI) -> AsyncIterator[None]:
    """Answer few requests at a time: more threads than cores make all of them slow."""
    current_default_thread_limiter().total_tokens = THREADS
    yield


def _questions(run: ServedRun, catalogue: Catalogue) -> APIRouter:
    """Return what answers questions about films."""
    router, reader = APIRouter(), _Reader(run, catalogue)

    @router.post("/predict")
    def predictions(wanted: PredictionWanted) -> Predictions:
        """Predict films, with intervals, and what contributes to each if it is asked for."""
        films = [reader.film(film, ["films", index]) for index, film in enumerate(wanted.films)]
        return Predictions(predictions=reader.answered(lambda: predict(run, films, wanted.explain), films, ["films"]))

    @router.post("/what-if")
    def what_if(wanted: ChangeWanted) -> Change:
        """Predict a film before and after edits, and the difference."""
        film, edits = reader.film(wanted.film, ["film"]), reader.edits(wanted.edits)
        changed = reader.answered(lambda: run.cells.edited(film, edits), [film], ["film"])
        answer = reader.answered(lambda: change(run, film, changed, wanted.explain), [film, changed], ["film"])
        answer.names = catalogue.names(changed)
        return answer

    @router.post("/best")
    def best_additions(wanted: BestWanted) -> Best:
        """Return the names of a role that raise a film's prediction most, of all that are known.

        Each is added to the film, or takes the place of its name in a column that holds one.
        """
        before, edits = reader.film(wanted.film, ["film"]), reader.edits(wanted.edits)
        film = reader.answered(lambda: run.cells.edited(before, edits), [before], ["film"])
        how = (wanted.role, wanted.n, wanted.lower, wanted.min_films)
        return reader.answered(lambda: best(run, film, *how), [film], ["film"])

    return router


def _lookups(catalogue: Catalogue) -> APIRouter:
    """Return what looks things up in a run."""
    router = APIRouter()

    @router.get("/films")
    def films(query: Search = "", n: Few = 10) -> FilmMatches:
        """Search the run's films by the beginnings of the words of their titles."""
        return catalogue.films(query, n)

    @router.get("/films/{row}")
    def film(row: int) -> WholeFilm:
        """Return a film of the run's table, by its row."""
        return catalogue.film(row)

    @router.get("/labels")
    def labels(query: Search = "", role: Role = "", n: Few = 10) -> LabelMatches:
        """Search names by the beginnings of their words, those of most films first."""
        return catalogue.labels(query, role, n)

    @router.get("/importance")
    def importance(role: Role = "", page: Annotated[int, Query(ge=1, le=10**6)] = 1, query: Search = "") -> Importances:
        """Return a page of the features' importances, the greatest first."""
        return catalogue.importance(role, page, query)

    @router.get("/run")
    def about() -> RunShape:
        """Return what the run is about, and what it can answer."""
        return catalogue.shape()

    @router.get("/goodness")
    def goodness() -> Goodness:
        """Return how good the network is on the run's test films."""
        return catalogue.goodness()

    return router


class _Reader:
    """Makes films and edits of a request; what can't be read is refused with its field."""

    def __init__(self, run: ServedRun, catalogue: Catalogue) -> None:
        self.run, self.catalogue = run, catalogue

    def film(self, given: dict[str, Any] | int, field: list[str | int]) -> Film:
        if isinstance(given, int):
            position = self.catalogue.position(given, field)
            assert self.run.known is not None
            return self.run.known.film(position)
        return Film(self.run.cells.taken(given, field))

    def edits(self, given: Sequence[BaseModel]) -> list[Edit]:
        return [Edit(**edit.model_dump()) for edit in given]

    def answered(self, answer: Any, films: list[Film], field: list[str | int]) -> Any:
        """Return an answer; where a cell can't be read, say which."""
        try:
            return answer()
        except FieldError:
            raise
        except InputError as problem:
            for index, film in enumerate(films):
                for column, cell in film.cells.items():
                    self._refuse_cell(column, cell, [*field, *([index] if field == ["films"] else []), column])
            raise FieldError(str(problem), field) from None

    def _refuse_cell(self, column: str, cell: Any, field: list[str | int]) -> None:
        try:
            self.run.encode([Film({column: cell})])
        except InputError as problem:
            # What follows is how to mend a table.
            words = str(problem).partition(";")[0].replace(", row 1 has ", ", got ")
            raise FieldError(words, field) from None


def _refused(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, FieldError)
    return JSONResponse({"detail": [{"loc": list(problem.field), "msg": str(problem)}]}, status_code=422)


def _malformed(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, RequestValidationError)
    return JSONResponse({"detail": faults_of(problem.errors())}, status_code=422)
