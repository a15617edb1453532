"""The model card: every number in it is of the run's files, and names in it are text."""

import re
from shutil import copytree

import pytest
import yaml

from greenlight_films.reports.model_card import LIMITS, NOT_SAID, CardSection, CardTable, markdown, model_card
from greenlight_films.reports.sections import intervals_of
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder

HEADINGS = [
    "What is predicted from what",
    "Films and years",
    "Split",
    "How good it is",
    "Groups of films on which it errs",
    "What it must not be used for",
    "Known limits",
    "Licence of the data",
]


@pytest.fixture
def new(study, tmp_path) -> Results:
    """Return a copy of a run of today, of the preset `seed`, with intervals."""
    return Results(RunFolder(copytree(study.path, tmp_path / "new/version_0")))


def parts_of(results: Results) -> dict[str, str]:
    """Return the card's Markdown by heading."""
    text = markdown(results.name, model_card(results, intervals_of(results)))
    first, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    assert first == f"# Model card: {results.name}\n\n"
    return dict(part.split("\n", 1) for part in parts)


def rewritten(results: Results, name: str, **content: object) -> Results:
    results.run.write_json(name, {**results.run.read_json(name), **content})
    return Results(results.run)


@pytest.mark.parametrize("run", ["new", "results"])
def test_its_numbers_are_those_of_the_runs_files(run, request):
    results = request.getfixturevalue(run)
    parts, metrics = parts_of(results), results.metrics
    assert list(parts) == HEADINGS
    assert "rating (points)" in parts[HEADINGS[0]]
    features = metrics["features"]
    assert f"{features['dense']} numbers and {features['labels']} labels" in parts[HEADINGS[0]]
    rows = ", ".join(f"{count} {side}" for side, count in metrics["rows"].items())
    assert f"{metrics['films']} films" in parts["Films and years"]
    assert f"rows: {rows}." in parts["Films and years"]
    assert f"{metrics['left_out']} rows without rating" in parts["Films and years"]
    films = results.cells(["year"])["year"]
    for side, own in results.predictions.groupby("split")["row"]:
        assert f"{side} {films[own].min()} to {films[own].max()}" in parts["Films and years"]
    assert "RandomSplit (val 0.15, test 0.225, seed 3)" in parts["Split"]
    heads, *lines = re.findall(r"^\| (\w+) \| (.*) \|$", parts["How good it is"], re.MULTILINE)
    assert {model for model, _ in lines} == set(metrics["models"])
    for model, line in lines:
        cells = dict(zip(heads[1].split(" | "), line.split(" | "), strict=True))
        rmse, r2 = (metrics["models"][model][name] for name in ("rmse", "r2"))
        assert cells["RMSE, points"].startswith(f"{rmse:.3g} (")
        assert cells["R²"].startswith(f"{r2:.3f} (")


def test_intervals_are_told_as_measured_and_their_lack_is_said(new, results):
    row = new.coverage.query("by == 'all' and level == 80").iloc[0]
    assert f"{row['covered'] * 100:.3g} % lie in their 80 % intervals" in parts_of(new)["How good it is"]
    old = parts_of(results)
    assert "Predictions have no intervals in this run." in old["How good it is"]
    assert "There are no intervals to look at." in old["Groups of films on which it errs"]


def test_a_group_with_a_planted_error_is_named_with_its_mean_error(new):
    table = new.predictions
    is_test = table["split"] == "test"
    table.loc[is_test, "predicted"] = table.loc[is_test, "actual"] + 1.5 + 0.1 * (table.loc[is_test, "row"] % 3)
    new.run.write_csv("predictions.csv", table)
    part = parts_of(Results(new.run))["Groups of films on which it errs"]
    mean = 1.5 + 0.1 * (table.loc[is_test, "row"] % 3).mean()
    assert re.search(rf"^\| all test films \| 45 \| \+{mean:.3g} \(", part, re.MULTILINE)
    assert int(re.search(r"In (\d+) of them", part)[1]) >= 3
    assert re.search(r"by Holm's method\); (they stand|the 12 surest stand) in a table below\.$", part, re.MULTILINE)


def test_what_it_must_not_be_used_for_goes_by_the_run(new):
    key, plain = "What it must not be used for", parts_of(new)
    assert "judge, hire, pay or refuse a person" in plain[key]
    assert "both sides" not in plain[key]
    leaking = rewritten(new, "metrics.json", leak=True, known_after_release=["votes"], unit="US dollars")
    part = parts_of(leaking)[key]
    for words in ("both sides of this split", "votes can't be known then", "ground of an investment"):
        assert words in part
    assert "both sides" in parts_of(leaking)["Split"]


def test_a_refreshed_run_tells_of_newer_films_beside_its_split_and_of_the_years_of_its_own_table(new, films_frame):
    (new.run.path / "employee_with_importance.csv").unlink()
    assert "don't hold the films' years" in parts_of(Results(new.run))["Films and years"]
    films_frame.to_parquet(new.run.path / "films.parquet")
    card = parts_of(rewritten(new, "metrics.json", refreshed={"films": 39, "until": 2025, "later_than_tested": False}))
    years = films_frame["year"].set_axis(films_frame.index + 1)
    for side, rows in new.predictions.groupby("split")["row"]:
        assert f"{side} {years[rows].min():.0f} to {years[rows].max():.0f}" in card["Films and years"]
    assert "39 newer films (until 2025) came in afterwards" in card["Split"]
    for none in (None, {"films": 0, "until": 2025, "later_than_tested": False}):
        assert "newer" not in parts_of(rewritten(new, "metrics.json", refreshed=none))["Split"]


def test_the_licence_of_embedded_films_is_known_and_that_of_others_is_asked_for(new):
    assert NOT_SAID in parts_of(new)["Licence of the data"]
    config = yaml.safe_load(new.run.config.read_text(encoding="utf-8"))
    config["data"]["table"] = "wikidata-films"
    new.run.config.write_text(yaml.safe_dump(config), encoding="utf-8")
    assert "CC0" in parts_of(Results(new.run))["Licence of the data"]


def test_a_run_without_scores_says_what_adds_them(new):
    (new.run.path / "predictions.csv").unlink()
    parts = parts_of(rewritten(new, "metrics.json", models={}))
    assert "`python cli.py test --run" in parts["How good it is"]
    assert "Not known" in parts["Groups of films on which it errs"]
    assert all(limit.split(",")[0] in parts["Known limits"] for limit in LIMITS)


def test_names_that_would_act_in_markdown_or_html_are_text():
    evil = "<img src=x onerror=alert(1)> | *b* [c](javascript:d) `e\x1b[2J"
    sections = [CardSection("H", [evil], [f"1. {evil}"], [CardTable("T", ["a", "b"], [[evil, "1"]])])]
    text = markdown(evil, sections)
    assert not re.search(r"(?<!\\)<|(?<!\\)\*|(?<!\\)\]\(|(?<!\\)`|\x1b", text)
    assert "\n- 1\\. \\<img" in text
    row = text.splitlines()[-1]
    assert len(re.findall(r"(?<!\\)\|", row)) == 3


def test_commands_are_code_and_blanks_around_them_stay():
    text = markdown("n", [CardSection("H", ["Add it: `run --run 'a <b>'` and see <c>", "0.5 of -2", "# no"])])
    assert "\n\n0.5 of -2\n\n\\# no" in text
    assert "Add it: `run --run 'a <b>'` and see \\<c>" in text
