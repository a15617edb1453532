import pandas as pd
import pytest

from greenlight_films.datamodules.tables.wikidata_films import LISTS, SUFFIX


def test_each_film_is_a_row_ordered_by_its_id_with_empty_cells_missing(wikidata):
    assert len(wikidata) == 17_472
    assert wikidata["ID"].is_monotonic_increasing
    assert wikidata["ID"].is_unique
    assert wikidata[["Rating", "BoxOffice"]].notna().sum().tolist() == [17_130, 2_760]
    assert wikidata["Rating"].dropna().between(0, 10).all()
    assert {"PG", "R"} <= set(wikidata["Certificate"].dropna())
    assert wikidata["Cast"].isna().any()
    assert not any((wikidata[column] == "").any() for column in wikidata.select_dtypes("str"))


@pytest.mark.parametrize("column", LISTS)
def test_no_suffix_stands_as_a_name_of_its_own(wikidata, column):
    names = set(wikidata[column].dropna().str.split(", ").explode())
    suffixes = {"Jr.", "Jr", "Sr.", "II", "III", "IV", "Esq.", "M.D.", "Ph.D.", "Inc.", "Inc", "Ltd.", "Ltd", "LLC"}
    assert not names & suffixes
    assert len(names) > 1000
    assert column != "Cast" or ("Robert Downey Jr." in names and "Robert Downey" not in names)


@pytest.mark.parametrize(
    ("cell", "joined"),
    [
        ("Robert Downey, Jr., Tom Hanks", "Robert Downey Jr., Tom Hanks"),
        ("Tom Hanks, Sammy Davis, Jr.", "Tom Hanks, Sammy Davis Jr."),
        ("A, M.D., Ph.D., B", "A M.D. Ph.D., B"),
        ("Tom Hanks, Jr. Smith", "Tom Hanks, Jr. Smith"),
        ("Henry, IVy", "Henry, IVy"),
        ("Jr., Tom Hanks", "Jr., Tom Hanks"),
    ],
)
def test_only_a_whole_suffix_after_a_name_is_joined(cell, joined):
    assert pd.Series([cell], dtype="str").str.replace(SUFFIX, r" \1", regex=True).tolist() == [joined]
