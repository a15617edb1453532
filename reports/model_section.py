"""The section of a report on the network's training and the classical models: figures of `baselines/` in a run."""

from collections.abc import Iterator

import pandas as pd

from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.program import command
from greenlight_films.reports.figures import clusters, components, importance_bars, linear, neighbours, training
from greenlight_films.reports.sections import Picture, Section
from greenlight_films.studies.results import NETWORK, Results
from greenlight_films.studies.written_files import unreadable


def models_section(results: Results) -> Section:
    """Return the results of the classical models, as in the rating study.

    Raises:
        InputError: a table of a model is not as `baselines` writes it.
    """
    pictures = list(_training(results))
    try:
        for model_pictures in (_linear, _neighbours, _clusters, _components, _side_by_side):
            pictures += model_pictures(results)
    except InputError:
        raise
    except Exception as problem:  # what a foreign table makes of a figure
        raise unreadable(results.run.path, "baselines", f"{type(problem).__name__}: {problem}") from problem
    missing = []
    if not any((results.run.path / "baselines").glob("*/*.csv")):
        add = command(f"baselines --run {results.path}")
        missing = [f"No classical model beside the mean was fitted. Add them: {add}"]
    return Section("models", "What other models found", pictures, missing)


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
    sweep, grid, correlations, importance = (
        results.table(f"baselines/knn/{name}.csv") for name in ("sweep", "grid", "correlations", "importance")
    )
    if len(sweep):
        yield Picture(
            "How many neighbours",
            "The error of the mean of the k most similar films, by k: on training films that were left out in turn.",
            neighbours.error_by_k(sweep, results.learnt_unit, grid),
        )
    if len(correlations):
        yield Picture(
            "What goes along with the neighbours' predictions",
            "Correlations of features with the predictions of nearest neighbours.",
            neighbours.correlations(correlations),
        )
    if len(importance):
        yield Picture(
            "What nearest neighbours rest on",
            "The R² that they lose when a column is shuffled.",
            neighbours.importance(importance),
        )


def _clusters(results: Results) -> Iterator[Picture]:
    sweep, members, profiles, target = (
        results.table(f"baselines/kmeans/{name}.csv") for name in ("sweep", "films", "profiles", "target")
    )
    if sweep.empty:
        return
    k = int(members["cluster"].nunique())
    yield Picture(
        "How many clusters",
        "Inertia falls with every cluster more; the silhouette is highest where clusters are best apart.",
        clusters.number_of_clusters(sweep, k),
    )
    scores, ratio = _components_of(results)
    if len(scores):
        names = [name for name in ("row", "film", "title") if name in results.predictions]
        films = scores.merge(members, on="row")
        films = films.merge(results.predictions[names], on="row", how="left") if names else films
        yield Picture(
            "Clusters on the first two components",
            "Each dot is a film; films near each other are alike.",
            clusters.films_on_components(films, ratio),
        )
        if "pc3" in films:
            yield Picture(
                "Clusters in space",
                "The same with a third component. Drag to turn.",
                clusters.films_on_components(films, ratio, n=3),
            )
    if len(profiles):
        yield Picture("What clusters are like", "Means of each cluster's films.", clusters.profiles(profiles, k))
    if len(target):
        yield Picture(
            f"{results.target} by cluster",
            "Boxes hold the middle half of a cluster's films.",
            clusters.target_by_cluster(target, k, results.target, results.unit),
        )


def _components_of(results: Results) -> tuple[pd.DataFrame, pd.Series | None]:
    """Return the films' scores on components, and the components' shares of the variance."""
    variance = results.table("baselines/pca/variance.csv")
    return results.table("baselines/pca/scores.csv"), variance["ratio"] if len(variance) else None


def _components(results: Results) -> Iterator[Picture]:
    variance = results.table("baselines/pca/variance.csv")
    if variance.empty:
        return
    yield Picture(
        "How much components explain", "The share of all differences that each explains.", components.scree(variance)
    )
    yield Picture("How much they explain together", "The line is at 80 %.", components.cumulative(variance))
    loadings = results.table("baselines/pca/loadings.csv")
    if len(loadings):
        yield Picture("Loadings", "The weight of each column in the components.", components.loadings(loadings))
    scores, ratio = _components_of(results)
    if scores.empty or results.predictions.empty:
        return
    films, target, unit = scores.merge(results.predictions, on="row"), results.target, results.unit
    yield Picture(
        f"Films on components, by {target}",
        "If the colours lie in order, the components predict the target.",
        components.projection(films, target, unit, ratio),
    )
    if "pc3" in films:
        yield Picture(
            f"Films in space, by {target}", "Drag to turn.", components.projection(films, target, unit, ratio, n=3)
        )


def _side_by_side(results: Results) -> Iterator[Picture]:
    importances: dict[str, pd.Series] = {}
    if len(results.aggregated):
        columns = results.aggregated[results.aggregated["level"] == "column"]
        importances[NETWORK] = columns.set_index("name")["importance"]
    knn = results.table("baselines/knn/importance.csv")
    if len(knn):
        importances["knn"] = knn.set_index("column")["importance"]
    ols = results.table("baselines/ols/coefficients.csv")
    if "standardised" in ols:
        importances["ols"] = ols.dropna(subset=["standardised"]).set_index("name")["standardised"].abs()
    if len(importances) > 1:
        yield Picture(
            "What each model rests on",
            "Importances of columns, each model's as shares of its largest; of linear regression the coefficients of "
            "standardised columns.",
            importance_bars.by_model(importances),
        )
