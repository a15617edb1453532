"""What a command prints at its end."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from greenlight_films.reports.run_summary import print_folder, print_new_films, print_summary, print_validation
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder


@pytest.fixture
def text(console):
    return lambda: " ".join(console.file.getvalue().split())


def test_scores_importances_and_the_folder_come_in_this_order(study, console, text):
    print_summary(Results(RunFolder(study.path)), console)
    parts = ("45 held-out test films", "What the predictions of 45 test films rest on", f"{study.path}/")
    positions = [text().index(part) for part in parts]
    assert positions == sorted(positions)
    assert text().endswith(f"{study.path}/")


def test_importances_may_be_left_out(study, console, text):
    print_summary(Results(RunFolder(study.path)), console, importance=False)
    assert "rest on" not in text()


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({}, "45 held-out test films"),
        ({"films": 99}, "45 held-out test rows"),
        ({"leak": True}, "45 held-out test films, whose films are also among the training rows"),
    ],
)
def test_the_title_says_what_was_tested(copied, console, text, changes, title):
    run = RunFolder(copied.path)
    validation = {"mlp": copied.metrics["models"]["mlp"]}
    run.write_json("metrics.json", {**copied.metrics, **changes, "validation": validation})
    print_summary(Results(run), console, importance=False)
    assert re.match(rf"The network orders the 45 test films well \(.*\. {title}", text())
    print_validation(Results(run), console)
    assert f"30 validation {'rows' if 'films' in changes else 'films'}" in text()


def test_a_folder_is_a_line_of_its_own(tmp_path, console):
    print_folder(RunFolder(tmp_path / "a"), console)
    assert console.file.getvalue() == f"\n{tmp_path / 'a'}/\n"


@pytest.mark.parametrize(("rating", "known"), [([6.0, np.nan, 7.0], 2), ([np.nan] * 3, 0)])
def test_new_films_are_counted_and_scored_where_their_target_is_known(
    films, film_data, films_frame, tmp_path, console, text, rating, known
):
    films_frame.iloc[30:33].assign(rating=rating, genre="Giallo").to_csv(tmp_path / "new.csv", index=False)
    new = film_data(table=str(tmp_path / "new.csv"))
    new.load_state_dict(films.state_dict())
    new.setup("predict")
    model = SimpleNamespace(predicted=np.array([6.5, 6.0, 6.0]))
    print_new_films("predictions_new.csv", model, new, console)
    assert text().startswith("3 films predicted, 3 labels unknown to the model: predictions_new.csv")
    assert ("2 have a target; those that the model was trained on flatter it" in text()) == bool(known)
    assert ("0.75" in text()) == bool(known)  # the mean of 0.5 and 1


def test_nothing_is_said_of_the_runs_own_films(films, console, text):
    print_new_films("predictions.csv", SimpleNamespace(predicted=films.films.actual), films, console)
    assert text() == ""
