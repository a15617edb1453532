import shlex

import pytest
import yaml

from greenlight_films.datamodules.errors import (
    declaration,
    in_options,
    missing_columns,
    nearest,
)


@pytest.mark.parametrize(
    ("name", "known", "question"),
    [
        ("Rateing", ["Rating", "Runtime"], ", did you mean 'Rating'?"),
        ("RATING", ["Rating", "Runtime"], ", did you mean 'Rating'?"),
        ("xyz", ["Rating", "Runtime"], ""),
        ("Rating", [], ""),
        ("2020", [2021, "x"], ", did you mean '2021'?"),
        ("a gross", ["a\u00a0gross"], ', did you mean "a\\xa0gross", with other blanks?'),
        ("MÜNCHN", ["München"], ", did you mean 'München'?"),
    ],
)
def test_nearest_names_the_closest_known_name_whatever_its_case(name, known, question):
    assert nearest(name, iter(known)) == question


def test_missing_columns_names_each_absent_column_once_in_the_order_wanted():
    problems = missing_columns(iter(["Cst", "Rating", "zzz", "Cst", "1"]), ["Rating", "Cast", 1])
    assert problems == ["no column 'Cst', did you mean 'Cast'?", "no column 'zzz'"]


@pytest.mark.parametrize(
    "column", ["gross", "% of Total", "Gross ($)", "#2", "a: b", "it's", "1994", "yes", "电影", "a, b"]
)
@pytest.mark.parametrize("value", [["", "n/a", "it's"], ",", True])
def test_a_proposed_declaration_can_be_pasted_into_a_config_or_a_shell(column, value):
    text = declaration("missing", column, value)
    assert yaml.safe_load(text) == {"data.missing": {column: value}}
    option, typed = shlex.split(in_options(text))
    assert (option, yaml.safe_load(typed)) == ("--missing", {column: value})
