import pandas as pd
import pyarrow as pa
import pytest

from greenlight_films.datamodules.tables.label_cells import split_labels
from greenlight_films.datamodules.tables.spellings import keys_of, merge_spellings, spell_as


def lists_of(*cells):
    return split_labels(pd.Series(cells, name="cast", dtype="str"), "|")


def keys(*names):
    return keys_of(pa.array(names, pa.large_string())).to_pylist()


@pytest.mark.parametrize(
    "spelling",
    [
        *("ANN ODE", "ann ode", "Ann  Ode", "Ann\u00a0Ode", "Ann\u2003Ode", "Ann\tOde", "Ann\nOde"),
        *("Ann Ode\u200b", "\ufeffAnn Ode", "Ann\u00ad Ode", "“Ann Ode”", '"Ann Ode"', "'Ann Ode'", "«Ann Ode»"),
        "Ａｎｎ Ode",
    ],
)
def test_spellings_of_a_name_have_the_same_key(spelling):
    assert keys(spelling, "Ann Ode") == ["ann ode"] * 2


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        ("O’Venn", "O'Venn", True),
        ("Élodie", "E\u0301LODIE", True),
        ("Jean‐Luc", "Jean-Luc", True),
        ("McVenn", "MCVENN", True),
        ("Élodie", "Elodie", False),
        ("MacDonald", "Macdonald", False),
        ("Macé", "MACÉ", True),
        ("Mac\n Venn", "mac venn", True),
        ("Ann Ode", "AnnOde", False),
        ("Ode, Ann", "Ode Ann", False),
    ],
)
def test_names_that_differ_in_letters_stay_two(name, other, same):
    first, second = keys(name, other)
    assert (first == second) == same


def test_the_most_frequent_spelling_is_the_name_and_of_equal_ones_the_usual():
    lists = lists_of("ANN", "ANN|Bero", "Ann|ANN", "BERO", "bero", "“Cato”|Cato")
    (merged,), notices = merge_spellings([lists], "cast")
    assert merged.to_lists() == [["ANN"], ["ANN", "Bero"], ["ANN"], ["Bero"], ["Bero"], ["Cato"]]
    assert notices == [
        "cast: 3 of 3 labels are written in several spellings (7 in all), such as 'Ann' for 'ANN', 'BERO' for 'Bero', "
        "'bero' for 'Bero'; each is one label, by its most frequent spelling"
    ]


def test_nothing_is_told_of_a_label_in_one_spelling():
    lists = lists_of("Ann|Bero", "Ann")
    assert merge_spellings([lists], "cast", roles=True) == ([lists], [])


@pytest.mark.parametrize(
    ("cells", "merged"),
    [
        (["Ann (voice)", "Ann (as Tom) (uncredited)", "Ann"], [["Ann"]] * 3),
        (["Ann (II)", "Ann (1940-2013)", "Ann"], [["Ann (II)"], ["Ann (1940-2013)"], ["Ann"]]),
        (["Germany (West)", "Germany", "Fox (US)"], [["Germany (West)"], ["Germany"], ["Fox (US)"]]),
        ([f"Ann (Person {letter})" for letter in "abcdefg"], [["Ann"]] * 7),
    ],
)
def test_roles_are_dropped_and_what_tells_names_apart_stays(cells, merged):
    (lists,), notices = merge_spellings([lists_of(*cells)], "cast", roles=True)
    assert lists.to_lists() == merged
    changed = sum([cell] != labels for cell, labels in zip(cells, merged, strict=True))
    assert [notice.split(", such")[0] for notice in notices] == (
        [f"cast: {changed} labels have a role in parentheses"] if changed else []
    )


def test_new_names_are_spelt_as_those_of_the_vocabulary():
    values = ["Ann Ode", "Bero (II)", "ann ode"]
    new = lists_of("ANN ODE|Ann Ode (voice)", "ann ode", "BERO (ii)", "Cato|CATO", "Ann Ode (Tom)")
    spelt = spell_as(new, values, roles=True).to_lists()
    assert spelt == [["Ann Ode"], ["ann ode"], ["Bero (II)"], ["Cato"], ["Ann Ode (Tom)"]]
    assert spell_as(new, values, roles=True, no_roles=True).to_lists()[-1] == ["Ann Ode"]
    assert spell_as(lists_of("Ann Ode"), values).to_lists() == [["Ann Ode"]]


def test_names_of_a_fitted_vocabulary_are_found_again_whatever_their_spelling():
    lists = lists_of("Ann|Bero (voice)", "ANN", "Bero|ann", "Cato", "“cato”|Dara (as X)")
    (merged,), _ = merge_spellings([lists], "cast", roles=True)
    values = sorted({name for names in merged.to_lists() for name in names})
    assert len(values) == 4
    assert spell_as(lists, values, roles=True).to_lists() == merged.to_lists()
