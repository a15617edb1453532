"""The section of a report on the network's training and the classical models: figures of `baselines/` in a run."""

from collections.abc import Iterator

import pandas as pd

from greenlight_films.datamodules.program import command
from greenlight_films.reports.figures import clusters, components, importance_bars, linear, neighbours, training
from greenlight_films.reports.pictures import Picture, Section, picture
from greenlight_films.studies.results import NETWORK, Results


def models_section(results: Results) -> Section:
    """Return the results of the network's training and of the classical models."""
    pictures = []
    curves = training.read_losses(results.run.path)
    if len(curves):
        figure = training.losses(curves, results.config["model"].get("loss", "mse"))
        pictures.append(picture("The network's training", figure))
    for model_pictures in (_linear, _neighbours, _clusters, _components, _side_by_side):
        pictures += model_pictures(results)
    missing = []
    if not any((results.run.path / "baselines").glob("*/*.csv")):
        add = command(f"baselines --run {results.path}")
        missing = [f"No classical model beside the mean was fitted. Add them: {add}"]
    return Section("models", "What other models found", pictures, missing)


def _tables(results: Results, model: str, *names: str) -> list[pd.DataFrame]:
    return [results.table(f"baselines/{model}/{name}.csv") for name in names]


def _linear(results: Results) -> Iterator[Picture]:
    unit = results.learnt_unit
    for folder in sorted((results.run.path / "baselines").glob("ols*")):
        (table,) = _tables(results, folder.name, "coefficients")
        if len(table):
            step = "one standard deviation" if "standardised" in table else "a unit"
            yield picture("Linear regression ({name})", linear.coefficients(table, unit), name=folder.name, step=step)
    (table,) = _tables(results, "ridge", "coefficients")
    if len(table):
        yield picture("Ridge regression", linear.ridge_coefficients(table, unit))


def _neighbours(results: Results) -> Iterator[Picture]:
    sweep, grid, correlations, importance = _tables(results, "knn", "sweep", "grid", "correlations", "importance")
    if len(sweep):
        yield picture("How many neighbours", neighbours.error_by_k(sweep, results.learnt_unit, grid))
    if len(correlations):
        yield picture("What goes along with the neighbours' predictions", neighbours.correlations(correlations))
    if len(importance):
        yield picture("What nearest neighbours rest on", neighbours.importance(importance))


def _clusters(results: Results) -> Iterator[Picture]:
    sweep, members, profiles, quartiles = _tables(results, "kmeans", "sweep", "films", "profiles", "target")
    if sweep.empty:
        return
    k, target = int(members["cluster"].nunique()), results.target
    yield picture("How many clusters", clusters.number_of_clusters(sweep, k))
    scores, ratio = _components_of(results)
    if len(scores):
        names = [name for name in ("row", "film", "title") if name in results.predictions]
        films = scores.merge(members, on="row")
        films = films.merge(results.predictions[names], on="row", how="left") if names else films
        yield picture("Clusters on the first two components", clusters.films_on_components(films, ratio))
        if "pc3" in films:
            yield picture("Clusters in space", clusters.films_on_components(films, ratio, n=3))
    if len(profiles):
        yield picture("What clusters are like", clusters.profiles(profiles, k))
    if len(quartiles):
        boxes = clusters.target_by_cluster(quartiles, k, target, results.unit)
        yield picture("{target} by cluster", boxes, target=target)


def _components_of(results: Results) -> tuple[pd.DataFrame, pd.Series | None]:
    """Return the films' scores on components, and the components' shares of the variance."""
    scores, variance = _tables(results, "pca", "scores", "variance")
    return scores, variance["ratio"] if len(variance) else None


def _components(results: Results) -> Iterator[Picture]:
    variance, loadings = _tables(results, "pca", "variance", "loadings")
    if variance.empty:
        return
    yield picture("How much components explain", components.scree(variance))
    yield picture("How much they explain together", components.cumulative(variance))
    if len(loadings):
        yield picture("Loadings", components.loadings(loadings))
    scores, ratio = _components_of(results)
    if scores.empty or results.predictions.empty:
        return
    films, target, unit = scores.merge(results.predictions, on="row"), results.target, results.unit
    flat = components.projection(films, target, unit, ratio)
    yield picture("Films on components, by {target}", flat, target=target)
    if "pc3" in films:
        space = components.projection(films, target, unit, ratio, n=3)
        yield picture("Films in space, by {target}", space, target=target)


def _side_by_side(results: Results) -> Iterator[Picture]:
    importances: dict[str, pd.Series] = {}
    if len(results.aggregated):
        whole = results.aggregated[results.aggregated["level"] == "column"]
        importances[NETWORK] = whole.set_index("name")["importance"]
    (knn,), (ols,) = _tables(results, "knn", "importance"), _tables(results, "ols", "coefficients")
    if len(knn):
        importances["knn"] = knn.set_index("column")["importance"]
    if "standardised" in ols:
        columns = {column for _, column in results.declared}
        importances["ols"] = linear.by_column(ols.set_index("name")["standardised"].dropna(), columns)
    if len(importances) > 1:
        yield picture("What each model rests on", importance_bars.by_model(importances))
