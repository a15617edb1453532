import pytest

from greenlight_films.datamodules.errors import missing_columns, nearest


@pytest.mark.parametrize(
    ("name", "known", "question"),
    [
        ("Rateing", ["Rating", "Runtime"], ", did you mean 'Rating'?"),
        ("RATING", ["Rating", "Runtime"], ", did you mean 'Rating'?"),
        ("xyz", ["Rating", "Runtime"], ""),
        ("Rating", [], ""),
        ("2020", [2021, "x"], ", did you mean '2021'?"),
        ("MÜNCHN", ["München"], ", did you mean 'München'?"),
    ],
)
def test_nearest_names_the_closest_known_name_whatever_its_case(name, known, question):
    assert nearest(name, iter(known)) == question


def test_missing_columns_names_each_absent_column_once_in_the_order_wanted():
    problems = missing_columns(iter(["Cst", "Rating", "zzz", "Cst", "1"]), ["Rating", "Cast", 1])
    assert problems == ["no column 'Cst', did you mean 'Cast'?", "no column 'zzz'"]
