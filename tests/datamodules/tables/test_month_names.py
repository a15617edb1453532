import pytest

from greenlight_films.datamodules.tables.month_names import MONTHS, NAMES, OTHER_NAMES, without_accents


@pytest.mark.parametrize("names", [NAMES, OTHER_NAMES], ids=["with beginnings", "whole"])
def test_each_language_has_twelve_months_in_their_order(names):
    months = [MONTHS[without_accents(name)] for name in names.split()]
    assert months == list(range(1, 13)) * (len(months) // 12)


@pytest.mark.parametrize(
    ("beginning", "month"), [("sept", 9), ("déc", 12), ("Mär", 3), ("dic", 12), ("giu", 6), ("abr", 4), ("juil", 7)]
)
def test_a_beginning_stands_for_its_month(beginning, month):
    assert MONTHS[without_accents(beginning)] == month


@pytest.mark.parametrize("word", ["jui", "ma", "j", "movie"])
def test_a_beginning_of_two_months_or_none_stands_for_nothing(word):
    assert word not in MONTHS


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Mayıs", "mayis"),
        ("ARALIK", "aralik"),
        ("İyi", "iyi"),
        ("Łódź", "lodz"),
        ("Ørsted", "orsted"),
        ("weiß", "weiss"),
        ("đ", "d"),
    ],
)
def test_letters_that_unicode_takes_for_no_accented_ones_are_plain_too(text, plain):
    assert without_accents(text) == plain
