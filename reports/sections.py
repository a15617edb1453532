"""The sections of a report: which figures a run's files allow, what they show in words, and what is missing."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from greenlight_films.datamodules import InputError
from greenlight_films.importance.result import measure
from greenlight_films.reports.bootstrap import bootstrap_intervals
from greenlight_films.reports.figures import (
    clusters,
    components,
    importance_bars,
    leaderboard,
    linear,
    neighbours,
    predictions,
    training,
)
from greenlight_films.studies.results import NETWORK, Results
from greenlight_films.studies.written_files import unreadable

SEED = 0
MOST_ROLES = 10
"""At most so many roles have a figure of their own."""


@dataclass(frozen=True)
class Picture:
    """A figure of the page.

    Attributes:
        heading: as the page has it.
        said: how to read it, in a sentence or two of plain words.
        wide: whether it takes the page's whole width.
    """

    heading: str
    said: str
    figure: go.Figure
    wide: bool = False


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        anchor: of links to it.
        pictures: its figures, in order.
        missing: what the run does not have, and the command that adds it.
    """

    anchor: str
    heading: str
    pictures: list[Picture] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def intervals_of(results: Results) -> pd.DataFrame:
    """Return the scores of every model on the test rows with 95 % intervals: model, score, value, low_95, high_95."""
    table = results.predicted
    if not results.models or len(table) < 2:
        return pd.DataFrame(columns=["model", "score", "value", "low_95", "high_95"])
    predicted = {model: table[model].to_numpy() for model in results.models}
    return bootstrap_intervals(table["actual"].to_numpy(), predicted, table["film"].to_numpy(), SEED)


def scores_section(results: Results, intervals: pd.DataFrame) -> Section:
    """Return how good the predictions are."""
    section = Section("scores", "How good the predictions are")
    scored = results.metrics.get("models", {})
    if not scored:
        section.missing.append(f"No model has been scored. Add scores: python cli.py test --run {results.path}")
        return section
    if len(results.predicted) == 1:
        section.missing.append("There is a single test film: no interval and no R² can be told.")
    elif unkept := [model for model in scored if model not in results.models]:
        section.missing.append(
            f"No interval for {', '.join(unkept)}: predictions of every test film are not there, or are no numbers. "
            f"Classical models: python cli.py baselines --run {results.path}; "
            f"the network: python cli.py predict --run {results.path}"
        )
    add = section.pictures.append
    target, unit, test = results.target, results.unit, results.test
    if len(results.models) > 1 and len(intervals):
        add(
            Picture(
                "All models on the same test films",
                "Dots are scores, lines their 95 % intervals over resampled films. A smaller RMSE and a larger R² are "
                "better; guessing the mean has an R² of 0.",
                leaderboard.leaderboard(intervals, unit),
            )
        )
    if test.empty or NETWORK not in results.models:
        return section
    add(
        Picture(
            "Predicted and actual",
            "Each dot is a test film. On the diagonal the prediction is right.",
            predictions.predicted_against_actual(test, target, unit),
        )
    )
    add(
        Picture(
            "What is left over",
            "Errors against predictions. A cloud around 0 without a slope means that no error is there by system.",
            predictions.residuals(test, target, unit),
        )
    )
    add(
        Picture(
            "Are high predictions high?",
            "Films in tenths by their prediction: what was predicted of each tenth, and what it came to.",
            predictions.calibration(test, target, unit),
        )
    )
    if results.year is not None:
        dated = test.assign(**{str(results.year.name): test["row"].map(results.year)}).dropna(
            subset=[results.year.name]
        )
        if len(dated) > 1:
            add(
                Picture(
                    "Errors by year",
                    "The mean absolute error of films by when they came out.",
                    predictions.errors_by_number(dated, str(results.year.name), unit),
                )
            )
    genres = results.labels_of("genre")
    if len(genres):
        by_genre = results.measured.merge(genres.rename(columns={"value": "genre"}), on="row")
        add(
            Picture(
                "Errors by genre",
                "The mean absolute error of films by genre; a film counts for each of its genres.",
                predictions.errors_by_label(by_genre, "genre", unit),
            )
        )
    return section


def importance_section(results: Results) -> Section:
    """Return what the predictions rest on."""
    section = Section("importance", "What the predictions rest on")
    if results.features.empty:
        section.missing.append(
            f"Importance has not been measured. Add it: python cli.py importance --run {results.path}"
        )
        return section
    said, unit, add = results.importance, results.unit, section.pictures.append
    what = measure(said["loss"], said["unit"])
    add(
        Picture(
            "Whole columns",
            f"How much worse predictions become when a whole column is shuffled among the {results.side} films; lines "
            "are 95 % intervals.",
            importance_bars.columns(results.aggregated, what),
        )
    )
    if (results.aggregated["level"] == "role").sum() > 1:
        add(
            Picture(
                "Roles",
                "All columns of a role shuffled together: everything about its actors, say.",
                importance_bars.columns(results.aggregated, what, "role"),
            )
        )
    add(
        Picture(
            "The most important features",
            "Single values and numbers. Beside each is which way it turns predictions where it is present.",
            importance_bars.features(results.features, what, unit),
            wide=True,
        )
    )
    values = results.features[(results.features["level"] == "value") & results.features["importance"].notna()]
    for role in values["role"].drop_duplicates().head(MOST_ROLES):
        add(
            Picture(
                f"Most important of role {role}",
                f"Of those that a {results.side} film has, with how many have them. Few films mean wide intervals.",
                importance_bars.values_of_role(results.features, role, what, unit),
            )
        )
    return section


def models_section(results: Results) -> Section:
    """Return what the classical models found, as the rating study drew it."""
    section = Section("models", "What other models found")
    section.pictures.extend(_training(results))
    try:
        for pictures in (_linear, _neighbours, _clusters, _components, _side_by_side):
            section.pictures.extend(pictures(results))
    except InputError:
        raise
    except (ArithmeticError, LookupError, NotImplementedError, TypeError, ValueError) as problem:
        # Each model has tables of its own, whose columns only its pictures know.
        said = f"{type(problem).__name__}: {problem}"
        raise unreadable(results.run.path, "baselines", said) from problem
    if not any((results.run.path / "baselines").glob("*/*.csv")):
        section.missing.append(
            f"No classical model beside the mean was fitted. Add them: python cli.py baselines --run {results.path}"
        )
    return section


def _training(results: Results) -> Iterator[Picture]:
    curves = training.read_losses(results.run.path)
    if len(curves):
        yield Picture(
            "The network's training",
            "The loss by epoch. Training stops when the validation films get no better; the best epoch is used.",
            training.losses(curves),
        )


def _linear(results: Results) -> Iterator[Picture]:
    for folder in sorted((results.run.path / "baselines").glob("ols*")):
        table = results.table(f"baselines/{folder.name}/coefficients.csv")
        if len(table):
            yield Picture(
                f"Linear regression ({folder.name})",
                "What a unit more of each column adds to the target, all others kept as they are; lines are 95 % "
                "intervals.",
                linear.coefficients(table, results.learnt_unit),
            )
    table = results.table("baselines/ridge/coefficients.csv")
    if len(table):
        yield Picture(
            "Ridge regression",
            "The largest coefficients of a linear model of all features that keeps them small.",
            linear.ridge_coefficients(table, results.learnt_unit),
        )


def _neighbours(results: Results) -> Iterator[Picture]:
    read = {
        name: results.table(f"baselines/knn/{name}.csv") for name in ("sweep", "grid", "correlations", "importance")
    }
    if len(read["sweep"]):
        yield Picture(
            "How many neighbours",
            "The error of the mean of the k most similar films, by k: on training films that were left out in turn.",
            neighbours.error_by_k(read["sweep"], results.learnt_unit, read["grid"] if len(read["grid"]) else None),
        )
    if len(read["correlations"]):
        yield Picture(
            "What goes along with the neighbours' predictions",
            "Correlations of features with what nearest neighbours predict.",
            neighbours.correlations(read["correlations"]),
        )
    if len(read["importance"]):
        yield Picture(
            "What nearest neighbours rest on",
            "The R² that they lose when a column is shuffled.",
            neighbours.importance(read["importance"]),
        )


def _clusters(results: Results) -> Iterator[Picture]:
    read = {
        name: results.table(f"baselines/kmeans/{name}.csv")
        for name in ("sweep", "films", "profiles", "target", "labels")
    }
    if read["sweep"].empty:
        return
    k = int(read["films"]["cluster"].nunique())
    yield Picture(
        "How many clusters",
        "Inertia falls with every cluster more; the silhouette is highest where clusters are best apart.",
        clusters.number_of_clusters(read["sweep"], k),
    )
    variance = results.table("baselines/pca/variance.csv")
    ratio = variance["ratio"] if len(variance) else None
    places = results.table("baselines/pca/scores.csv")
    if len(places):
        films = _titled(results, places.merge(read["films"], on="row"))
        yield Picture(
            "Clusters on the first two components",
            "Each dot is a film; films near each other are alike.",
            clusters.films_on_components(films, ratio),
        )
        if "pc3" in films:
            yield Picture(
                "Clusters in space",
                "The same with a third component. Drag to turn.",
                clusters.films_in_space(films, ratio),
            )
    if len(read["profiles"]):
        yield Picture(
            "What clusters are like", "Means of each cluster's films.", clusters.profiles(read["profiles"], k)
        )
    if len(read["target"]):
        yield Picture(
            f"{results.target} by cluster",
            "Boxes hold the middle half of a cluster's films.",
            clusters.target_by_cluster(read["target"], k, results.target, results.unit),
        )


def _components(results: Results) -> Iterator[Picture]:
    variance = results.table("baselines/pca/variance.csv")
    if variance.empty:
        return
    yield Picture(
        "How much components tell", "The share of all differences that each explains.", components.scree(variance)
    )
    yield Picture("How much they tell together", "The line is at 80 %.", components.cumulative(variance))
    loadings = results.table("baselines/pca/loadings.csv")
    if len(loadings):
        yield Picture(
            "What components are made of", "The weight of each column in them.", components.loadings(loadings)
        )
    places = results.table("baselines/pca/scores.csv")
    actual = results.predictions
    if len(places) and len(actual):
        films = places.merge(actual, on="row")
        target, unit, ratio = results.target, results.unit, variance["ratio"]
        yield Picture(
            f"Films on components, by {target}",
            "If the colours lie in order, the components tell the target.",
            components.projection(films, target, unit, ratio),
        )
        if "pc3" in films:
            yield Picture(
                f"Films in space, by {target}",
                "Drag to turn.",
                components.projection_in_space(films, target, unit, ratio),
            )


def _side_by_side(results: Results) -> Iterator[Picture]:
    found: dict[str, pd.Series] = {}
    if len(results.aggregated):
        mine = results.aggregated[results.aggregated["level"] == "column"].set_index("name")["importance"]
        found[NETWORK] = mine
    theirs = results.table("baselines/knn/importance.csv")
    if len(theirs):
        found["knn"] = theirs.set_index("column")["importance"]
    linear_model = results.table("baselines/ols/coefficients.csv")
    if "standardised" in linear_model:
        found["ols"] = linear_model.dropna(subset=["standardised"]).set_index("name")["standardised"].abs()
    if len(found) > 1:
        yield Picture(
            "What each model rests on",
            "Importances of columns, each model's as shares of its largest; of linear regression the coefficients of "
            "standardised columns.",
            importance_bars.by_model(found),
        )


def _titled(results: Results, films: pd.DataFrame) -> pd.DataFrame:
    """Return films with their titles."""
    table = results.predictions
    names = [name for name in ("film", "title") if name in table]
    return films.merge(table[["row", *names]], on="row", how="left") if names else films


def best_and_worst(results: Results, most: int = 10) -> dict[str, pd.DataFrame]:
    """Return the test films that were predicted best and worst, by the size of the error."""
    if results.test.empty:
        return {}
    test = results.test.assign(error=results.test["predicted"] - results.test["actual"])
    order = np.argsort(np.abs(test["error"].to_numpy()), kind="stable")
    return {"Predicted best": test.iloc[order[:most]], "Predicted worst": test.iloc[order[::-1][:most]]}
