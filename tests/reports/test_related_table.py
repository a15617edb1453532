"""What the terminal says of features that say the same, from the files that a run has of them."""

import pytest

from greenlight_films.reports.figures.related import surest
from greenlight_films.reports.importance_table import print_importance
from greenlight_films.reports.related_table import print_related
from greenlight_films.studies.importance_files import write_importance
from greenlight_films.studies.results import Results
from tests.reports.figures.samples import NASTY, PARTS


@pytest.fixture
def printed(measured, measured_once, folder, console):
    """Return what writes the importances of a network and returns them with what is printed."""

    def show(printer=print_related, **how) -> tuple[Results, str]:
        done = measured(**how) if how else measured_once
        write_importance(folder, done.result, done.films)
        printer(Results(folder), console)
        return Results(folder), " ".join(console.file.getvalue().split())

    return show


def test_groups_and_pairs_are_shown_with_what_each_is_worth_alone(printed):
    results, text = printed()
    group, pair = results.groups.iloc[0], surest(results.pairs).iloc[0]
    assert f"{len(results.groups)} group" in text
    assert f"│ {group['features']} │ {group['importance']:.2g} │" in text
    assert f"│ {group['sum_of_values']:.2g} │ {group['n_films']} │" in text
    both = f"{pair['joint']:.2g} │ {pair['first_alone']:.2g} │ {pair['second_alone']:.2g}"
    assert f"│ {pair['first']} × {pair['second']} │ {both} │ {pair['prediction']:+.2g} (" in text
    assert "alike" not in text


def test_features_among_films_alike_are_shown(printed):
    results, text = printed(conditional=["year", "company"])
    line = results.conditional.iloc[0]
    assert line["name"] == "year"
    assert f"│ year │ {line['conditional']:.2g} │ {line['low_95']:.2g} to {line['high_95']:.2g} │" in text


def test_what_is_not_there_is_told_in_the_summary_of_importances(printed):
    _, text = printed(print_importance, estimator="shuffle", loss="rmse")
    assert "The loss rmse has no closed form, which groups and pairs need." in text
    assert "who works through whom" not in text


def test_nothing_is_printed_of_a_run_that_measured_none_of_it(printed):
    _, text = printed(groups_found=False, pairs=False)
    assert text == ""


def test_parts_of_names_stand_in_a_line_a_role(printed, folder, console):
    printed()
    assert "part shuffled alone" not in console.file.getvalue()
    folder.write_csv("importance_parts.csv", PARTS.replace(NASTY, "actor")[:3])
    print_related(Results(folder), console)
    text = " ".join(console.file.getvalue().split())
    assert "│ │ name │ record │" in text.replace("┃", "│")
    assert "│ genre │ 0.1 │ – │" in text
    assert "│ actor │ -0.01 │ 0.4 │" in text
