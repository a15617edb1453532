import pytest

from greenlight_films.datamodules.column_words import TITLES
from greenlight_films.datamodules.look.names import (
    DURATIONS,
    IDS,
    TARGETS,
    has_name,
    is_called,
    looks_like_url,
    role_of,
)


@pytest.mark.parametrize(
    ("column", "names", "has"),
    [
        ("runtimeMinutes", DURATIONS, True),
        ("Runtime (min)", DURATIONS, True),
        ("IMDb rating", set(TARGETS), True),
        ("vote_average", set(TARGETS), True),
        ("domestic_gross", set(TARGETS), True),
        ("engrossing", set(TARGETS), False),
        ("year", DURATIONS, False),
    ],
)
def test_a_column_has_a_name_as_a_word_of_its_own(column, names, has):
    assert has_name(column, names) == has


@pytest.mark.parametrize(
    ("column", "names", "called"),
    [
        ("primaryTitle", TITLES, True),
        ("movie_title", TITLES, True),
        ("title_length", TITLES, False),
        ("tconst", IDS, True),
        ("film id", IDS, True),
        ("idea", IDS, False),
        ("", IDS, False),
    ],
)
def test_a_column_is_called_by_its_whole_name_or_its_last_word(column, names, called):
    assert is_called(column, names) == called


@pytest.mark.parametrize(
    ("column", "role"),
    [
        ("cast", "actor"),
        ("Directors", "director"),
        ("production_companies", "company"),
        ("actor", None),
        ("Réalisateurs", "réalisateur"),
        ("guionistas", "guionista"),
        ("productores", None),
        ("Darsteller", None),
        ("réalisateur", None),
        ("zebra", None),
        ("plot_keywords", "keyword"),
        ("cast_x", "actor"),
    ],
)
def test_a_role_is_what_labels_are_to_a_film(column, role):
    assert role_of(column) == role


@pytest.mark.parametrize(
    ("text", "is_url"),
    [("https://x.org/a", True), ("www.x.org", True), ("/ab/poster.jpg", True), ("http", False), ("A/B", False)],
)
def test_addresses_of_pages_and_pictures_are_told(text, is_url):
    assert looks_like_url(text) == is_url
