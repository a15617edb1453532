"""What a page's search reads of a long ranking; tests/commands/test_report.py searches in a browser."""

import json

import numpy as np
import pandas as pd
import pytest

from greenlight_films.reports import feature_slices
from greenlight_films.reports.explorer import feature_values
from greenlight_films.reports.feature_slices import describe_slices, leading, write_slices


@pytest.fixture
def features() -> pd.DataFrame:
    """Return a ranking of 50 features of two roles, with names that would act in a script."""
    random, names = np.random.default_rng(0), [f"cast=Person {number}" for number in range(50)]
    names[3:5] = ['cast=</script>\t\n"x', "cast=Łukasz 恐怖"]
    importance = np.sort(random.normal(size=50))[::-1]
    numbers = {"direction": random.normal(size=50), "low_95": importance - 1, "high_95": importance + 1}
    table = pd.DataFrame({"feature": names, "importance": importance, **numbers, "q": random.random(50)})
    table.loc[7, ["low_95", "high_95", "q"]] = [np.nan, np.inf, 0.0]
    return table.assign(role=["actor", "genre"] * 25, n_films=random.integers(1, 99, 50))


@pytest.fixture(autouse=True)
def small(monkeypatch):
    for name, value in {"MOST": 20, "LEADING": 4, "NAMES": 16, "ROWS": 6}.items():
        monkeypatch.setattr(feature_slices, name, value)


def content(path, name: str) -> list[str]:
    text = (path / f"{name}.js").read_text(encoding="utf-8")
    assert text.startswith(f'greenlightSlice("{name}","')
    assert "<" not in text
    return json.loads(text.removeprefix(f'greenlightSlice("{name}",').removesuffix(")\n")).split("\n")


def test_a_short_ranking_is_whole_in_the_page(features, tmp_path):
    page = tmp_path / "report.html"
    assert leading(features[:20]) is not features
    assert len(leading(features[:20])) == 20
    assert describe_slices(features[:20], page) is None
    write_slices(features[:20], page)
    assert list(tmp_path.iterdir()) == []


def test_a_page_holds_the_first_of_each_role_in_order(features):
    shown = leading(features)
    assert shown["role"].value_counts().to_dict() == {"actor": 4, "genre": 4}
    assert shown.index.tolist() == list(range(8))


def test_slices_put_together_are_the_ranking_as_a_page_would_have_it(features, tmp_path):
    page = tmp_path / "films.html"
    write_slices(features, page)
    folder, known = tmp_path / "films_features", describe_slices(features, page)
    assert known == {"folder": "films_features", "features": 50, "names": 16, "rows": 6}
    names = [line.split("\t") for file in range(4) for line in content(folder, f"names_{file}")]
    rows = [line.split(",") for file in range(9) for line in content(folder, f"rows_{file}")]
    read = [
        [*name, *(None if cell == "" else float(cell) for cell in row)] for name, row in zip(names, rows, strict=True)
    ]
    expected = feature_values(features)
    expected[3][0] = 'cast=</script>  "x'
    assert read == expected


def test_slices_of_a_page_before_are_removed_and_nothing_else(features, tmp_path):
    page, own = tmp_path / "films.html", tmp_path / "films_features" / "mine.txt"
    write_slices(features, page)
    own.write_text("mine")
    write_slices(features[:20], page)
    assert list(own.parent.iterdir()) == [own]
