import shutil

import pandas as pd
import pytest

from greenlight_films.datamodules import InputError
from greenlight_films.reports.model_section import models_section
from greenlight_films.reports.report import write_report


def test_models_have_the_figures_that_their_tables_allow(results):
    section = models_section(results)
    headings = {picture.heading for picture in section.pictures}
    assert {"Ridge regression", "How many neighbours", "Loadings", "What each model rests on"} <= headings
    assert not headings & {"How many clusters", "Linear regression (ols)"}
    shutil.rmtree(results.run.path / "baselines")
    assert f"Add them: python cli.py baselines --run {results.path}" in models_section(results).missing[0]


def test_a_foreign_table_of_a_model_is_refused_with_its_run(results, console):
    pd.DataFrame({"k": [1]}).to_csv(results.run.path / "baselines/knn/sweep.csv", index=False)
    with pytest.raises(InputError, match=r"small/version_0: .* KeyError: 'cv_rmse'; bring back a copy"):
        write_report(results.run, console)
    assert not (results.run.path / "report.html").exists()
