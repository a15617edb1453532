import pytest

from greenlight_films.datamodules.tables.flag_cells import flag_words, is_lone_tick


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("yes", "NO"), ("Y", "n"), ("T", "F"), ("oui", "non"), ("Ja", "Nein"), ("Sí", "No"), ("sim", "não"),
        ("да", "нет"),
        ("✓", "✗"), ("✔️", "❌"), ("✓", "x"), ("●", "○"), ("☒", "☐"), ("vero", "falso"), ("1", "no"), ("tak", "nie"),
        ("はい", "いいえ"),
    ],
)  # fmt: skip
def test_yes_and_no_are_known_in_any_language(yes, no):
    assert flag_words([yes, no]) == {yes: 1.0, no: 0.0}


@pytest.mark.parametrize("texts", [["yes", "maybe"], ["drama", "war"], ["M", "F"], []])
def test_other_words_are_no_flags(texts):
    assert flag_words(texts) is None


def test_a_tick_may_stand_alone_beside_empty_cells():
    assert is_lone_tick(["x"])
    assert is_lone_tick(["X", "x", "-"])
    assert not is_lone_tick(["x", "no"])
    assert not is_lone_tick([])
