import pandas as pd

from greenlight_films.reports.explorer import explorer_data, feature_values


def test_every_estimable_feature_has_a_row(results):
    rows = feature_values(results)
    known = results.features.dropna(subset=["importance"])
    assert [row[0] for row in rows] == known["feature"].tolist()
    assert {len(row) for row in rows} == {8}


def test_each_film_has_its_largest_contributions_first(results):
    data = explorer_data(results)
    test = results.measured
    assert len(data["films"]) == len(data["moved"]) == len(test)
    for row, title, moved in zip(test["row"], test["title"], data["moved"], strict=True):
        contributions = results.contributions.query("row == @row").set_index("feature")["contribution"]
        ordered = contributions.abs().sort_values(ascending=False)
        names = [data["features"][index] for index in moved[::2]]
        assert names == ordered[ordered >= 0.002 * ordered.iloc[0]].index[:15].astype(str).tolist()
        assert pd.notna(title) or data["films"][test["row"].tolist().index(row)][0] == f"row {row}"
