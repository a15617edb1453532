import pandas as pd

from greenlight_films.reports import feature_slices, left_out
from greenlight_films.reports.left_out import left_out as sentences
from greenlight_films.studies import long_tables
from greenlight_films.studies.long_tables import in_blocks, table_files
from greenlight_films.studies.results import Results


def test_a_run_of_usual_size_leaves_nothing_out(results):
    assert sentences(results) == []


def test_each_file_that_lacks_something_has_a_sentence(results, monkeypatch):
    monkeypatch.setattr(long_tables, "LINES", 10)
    for module in (left_out, feature_slices):
        monkeypatch.setattr(module, "MOST", 20)
    run, films = results.run, pd.DataFrame({"title": range(23)})
    run.write_all(table_files("Permu_importance_df", in_blocks(results.features)))
    run.write_all(table_files("employee_with_importance", in_blocks(films)))
    first, second, third = sentences(Results(run))
    n = len(results.features)
    assert n > 20
    assert f"100,000 of {n:,} features, Permu_importance_df.parquet all of them; `" in first
    assert f"importance --run {results.path} --features '[\"NAME\"]'" in first
    assert "of 23 rows, employee_with_importance.parquet all of them." in second
    assert (
        f"report.html shows the 200 leading values of each role; its search reads all {len(results.estimable)}" in third
    )
    assert "from the folder report_features" in third
