import shutil

import pandas as pd
import pytest

from greenlight_films.datamodules import InputError
from greenlight_films.reports.model_section import models_section
from greenlight_films.reports.report import write_report
from tests.reports.figures.samples import OLS


def test_models_have_the_figures_that_their_tables_allow(results):
    section = models_section(results)
    headings = {picture.heading for picture in section.pictures}
    assert {"Ridge regression", "How many neighbours", "Loadings", "What each model rests on"} <= headings
    assert not headings & {"How many clusters", "Linear regression (ols)"}
    shutil.rmtree(results.run.path / "baselines")
    assert f"Add them: python cli.py baselines --run {results.path}" in models_section(results).missing[0]


@pytest.mark.parametrize(
    ("standardised", "step"), [(False, "What a unit more"), (True, "What one standard deviation more")]
)
def test_the_caption_of_coefficients_is_of_the_step_that_their_axis_is_of(results, standardised, step):
    table = OLS.assign(standardised=OLS["coefficient"] / 2) if standardised else OLS
    results.run.write_csv("baselines/ols/coefficients.csv", table)
    pictures = {picture.heading: picture for picture in models_section(results).pictures}
    drawn = pictures["Linear regression (ols)"]
    assert drawn.caption.startswith(f"{step} of each column")
    assert ("one<br>standard" in drawn.figure.layout.xaxis.title.text) == standardised


def test_models_stand_side_by_side_in_a_row_a_column(results):
    names = ["genre=Drama", "genre=Western", "log1p(year)", "year is missing", "const"]
    ols = pd.DataFrame({"name": names, "coefficient": 1.0, "low_95": 0.0, "high_95": 2.0, "left_out": ""})
    ols["standardised"] = [0.3, -0.4, 0.2, 0.0, None]
    results.run.write_csv("baselines/ols/coefficients.csv", ols)
    drawn = {picture.heading: picture.figure for picture in models_section(results).pictures}[
        "What each model rests on"
    ]
    columns = results.aggregated.loc[results.aggregated["level"] == "column", "name"]
    assert sorted(drawn.layout.yaxis.ticktext) == sorted(columns)
    own = dict(zip(drawn.layout.yaxis.ticktext, (row[2] for row in drawn.data[0].z), strict=True))
    assert (own["genre"], own["year"], drawn.layout.xaxis.ticktext[2]) == (1.0, 0.4, "ols")


def test_a_foreign_table_of_a_model_is_refused_with_its_run(results, console):
    pd.DataFrame({"k": [1]}).to_csv(results.run.path / "baselines/knn/sweep.csv", index=False)
    with pytest.raises(InputError, match=r"small/version_0: .* KeyError: 'cv_rmse'; bring back a copy"):
        write_report(results.run, console)
    assert not (results.run.path / "report.html").exists()
