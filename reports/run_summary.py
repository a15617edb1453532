"""What a command prints at its end: the scores of a run, what its predictions rest on, and its folder."""

from typing import Any

from rich.console import Console

from greenlight_films.datamodules import FilmDataModule
from greenlight_films.datamodules.number_format import counted
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.reports.differences import print_differences
from greenlight_films.reports.importance_table import print_importance
from greenlight_films.reports.interval_section import interval_sentences
from greenlight_films.reports.score_table import print_means, print_scores, print_verdict
from greenlight_films.studies.metrics import in_order, sentences_of_fit, weighted_by
from greenlight_films.studies.processes import say
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.verdict import verdict_of
from greenlight_films.studies.write import scores_of_new_films


def print_summary(results: Results, console: Console, *, importance: bool = True) -> None:
    """Print the scores on the test films, intervals and importances where they are wanted, and the folder."""
    metrics = results.metrics
    whose = ", whose films are also among the training rows" if metrics["leak"] else ""
    if judged := verdict_of(metrics):
        print_verdict(judged, console)
    title = counted(metrics["rows"]["test"], f"held-out test {_film(metrics)}")
    print_scores(f"{title}{whose}{weighted_by(metrics)}", metrics["unit"], metrics["models"], console)
    if "means" in metrics:
        means = {
            model: metrics["means"][model] for model, _ in in_order(metrics["models"]) if model in metrics["means"]
        }
        print_means(metrics["unit"], means, console)
    for sentence in sentences_of_fit(metrics):
        say(console, sentence)
    print_differences(results, console)
    if importance:
        print_intervals(results, console)
        print_importance(results, console)
    print_folder(results.run, console)


def print_intervals(results: Results, console: Console, reason: str = "") -> None:
    """Print how well the intervals of predictions hold, or the reason that there are none."""
    if text := reason or " ".join(interval_sentences(results)):
        say(console, text)


def print_validation(results: Results, console: Console) -> None:
    """Print the scores on the validation films."""
    metrics = results.metrics
    title = f"{counted(metrics['rows']['val'], f'validation {_film(metrics)}')}{weighted_by(metrics)}"
    print_scores(title, metrics["unit"], metrics["validation"], console)


def print_new_films(name: str, model: MLPRegressor, data: FilmDataModule, console: Console) -> None:
    """Say of new films what of their table was left out, how many were predicted, and how well where that is known."""
    if data.films.rows is not None:  # the run's own
        return
    for notice in data.notices:
        say(console, f"• {notice}")
    unseen = sum(data.films.unseen().values())
    films, labels = counted(data.films.n_rows, "film"), counted(unseen, "label")
    say(console, f"{films} predicted, {labels} unknown to the model: {name}")
    n_known, scores = scores_of_new_films(model, data)
    if n_known:
        title = f"{n_known:,} have a target; those that the model was trained on flatter it"
        print_scores(title, data.declared.target.unit, {"mlp": scores}, console)


def print_folder(run: RunFolder, console: Console) -> None:
    """Print the run's folder."""
    say(console, f"\n{run.path}/", "bold")


def _film(metrics: dict[str, Any]) -> str:
    return "film" if metrics["films"] == sum(metrics["rows"].values()) else "row"
