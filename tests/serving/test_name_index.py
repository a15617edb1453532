"""Names are searched by the beginnings of their words, those that stand highest first."""

import numpy as np
import pytest

from greenlight_films.serving.name_index import NameIndex

NAMES = ["Zoë Li", "Li Wei", "Ann-Marie Zola", "Ким Li", "O'Neil", "Lia Ann", 'Bo "B" Øre', "x_y"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("li", ["Ким Li", "Lia Ann", "Li Wei", "Zoë Li"]),
        ("LI", ["Ким Li", "Lia Ann", "Li Wei", "Zoë Li"]),
        ("zo", ["Ann-Marie Zola", "Zoë Li"]),
        ("zoe l", ["Zoë Li"]),
        ("li zoë", ["Zoë Li"]),
        ("ки", ["Ким Li"]),
        ("ann ma", ["Ann-Marie Zola"]),
        ("neil", ["O'Neil"]),
        ('"b', ['Bo "B" Øre']),
        ("x_y", ["x_y"]),
        ("nobody", []),
        ("*", []),
        ("", []),
        ("li OR ann", []),
        ("name: li", []),
    ],
)
def test_all_words_must_begin_so_and_the_highest_come_first(query, expected):
    index = NameIndex(NAMES, np.array([1, 2, 3, 9, 0, 4, 5, 0]))
    assert [NAMES[position] for position in index.search(query)] == expected


def test_the_first_are_enough_and_ties_stand_as_they_came():
    index = NameIndex([f"Name {number}" for number in range(5000)], np.zeros(5000))
    assert index.search("na", 3) == [0, 1, 2] == index.first(3)
