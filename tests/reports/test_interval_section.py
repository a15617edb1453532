"""What is said of intervals: on the page and in a terminal, with and without them."""

import re

import pandas as pd
import pytest
import yaml

from greenlight_films.reports.interval_section import interval_sentences, intervals_section
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder


@pytest.fixture
def run(copied) -> RunFolder:
    return RunFolder(copied.path)


def split_by_time(run):
    config = yaml.safe_load(run.config.read_text(encoding="utf-8"))
    config["data"]["split"] = {"class_path": "TimeSplit", "init_args": {"by": "year"}}
    run.write_text("config.yaml", yaml.safe_dump(config))
    return Results(run)


def test_the_section_has_a_sentence_and_a_figure_for_each_kind_of_group(run):
    results = Results(run)
    section = intervals_section(results)
    assert section.missing == []
    assert section.text == interval_sentences(results)
    headings = [picture.heading for picture in section.pictures]
    assert headings == ["Intervals by year", "Intervals by prediction", "Intervals by names known"]
    groups = list(section.pictures[2].figure.layout.yaxis.ticktext)
    assert {"genre: all names known", "actor: all names known"} <= set(groups)


def test_shares_and_widths_are_those_of_all_test_films(run):
    (sentence,) = interval_sentences(Results(run))
    overall = pd.read_csv(run.path / "coverage.csv").query("by == 'all'").set_index("level")
    for level, row in overall.iterrows():
        expected = (
            rf"{row['covered'] * 100:.3g} % lie in their {level} % intervals \(half .* {row['width']:.3g} points\)"
        )
        assert re.search(expected, sentence)


def test_a_split_by_time_says_how_coverage_goes_and_promises_nothing(run):
    lines = {"by": "year", "group": "", "low": [2001.0, 2003.0], "high": [2002.0, 2003.0], "level": 80}
    numbers = {"rows": 20, "films": 20, "covered": [0.82, 0.71], "covered_low": 0.6, "covered_high": 0.9, "width": 1.0}
    table = run.read_csv("coverage.csv").query("by != 'year'")
    run.write_csv("coverage.csv", pd.concat([table, pd.DataFrame(lines | numbers)]))
    *_, by_year, last = interval_sentences(split_by_time(run))
    assert by_year == "The 80 % intervals hold 82 % of the films of 2001 to 2002 and 71 % of those of 2003."
    assert last.endswith("no coverage is promised for a year to come.")
    assert "Intervals by year" in [picture.heading for picture in intervals_section(Results(run)).pictures]


def test_a_level_without_films_enough_is_named(run):
    run.write_csv("coverage.csv", run.read_csv("coverage.csv").query("level == 80"))
    results = Results(run)
    assert interval_sentences(results)[-1] == "Too few validation films for 95 % intervals, which take 19."
    results.metrics["weight"] = "votes"
    assert re.search(r"which take 19: by their weights they tell as much as \d+\.$", interval_sentences(results)[-1])


def test_a_run_without_intervals_says_why_and_an_older_one_how_to_add_them(run):
    (run.path / "coverage.csv").unlink()
    assert "no test film to tell" in interval_sentences(Results(run))[0]
    run.write_json("intervals.json", {"missing": "No intervals for predictions: a reason."})
    assert interval_sentences(Results(run)) == ["No intervals for predictions: a reason."]
    (run.path / "intervals.json").unlink()
    results = Results(run)
    assert interval_sentences(results) == []
    section = intervals_section(results)
    assert section.missing == [f"Predictions have no intervals yet. Add them: python cli.py predict --run {run.path}"]
    assert section.pictures == []
