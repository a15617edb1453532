"""Classical models on the same rows as the network: fitted to the training rows, scored like it."""

from dataclasses import dataclass
from time import perf_counter

from baselines.boosting import Boosting
from baselines.knn import KNN
from baselines.mean import Mean
from baselines.predictor import Predictor
from baselines.ridge import Ridge
from datamodules import Films, Scores, TargetScale, regression_scores

PREDICTORS: dict[str, type[Predictor]] = {kind.name: kind for kind in (Mean, Ridge, KNN, Boosting)}


@dataclass(frozen=True)
class Fit:
    """How well a model does.

    Attributes:
        seconds: that fitting took, with the choice of its settings.
    """

    test: Scores
    train: Scores
    seconds: float


def compare(name: str, films: Films, scale: TargetScale) -> Fit:
    """Fit the model of that name to the training rows and score both sides, in the target's unit."""
    assert films.rows is not None
    train, test = films.rows.train, films.rows.test
    rows, actual = films.encoded.take(train), films.actual[train]
    start = perf_counter()
    model = PREDICTORS[name]().fit(rows, actual, films.film_codes()[train], scale)
    seconds = perf_counter() - start
    return Fit(
        test=regression_scores(films.actual[test], model.predict(films.encoded.take(test))),
        train=regression_scores(actual, model.predict(rows)),
        seconds=seconds,
    )
