import pytest

from greenlight_films.datamodules.column_words import is_plain_title, names_titles, words_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nbEntrées", ["nb", "entrees"]),
        ("release_date", ["release", "date"]),
        ("Votes (2020)", ["votes"]),
        ("興行収入", ["興行収入"]),
        ("Wpływy", ["wplywy"]),
        ("HASILAT Hasılat", ["hasilat", "hasilat"]),
        ("Omsætning pr. Øre", ["omsaetning", "pr", "ore"]),
        ("Maßstab_ŁÓDŹ", ["massstab", "lodz"]),
        ("Chef_dœuvre", ["chef", "doeuvre"]),
        ("title_x", ["title"]),
        ("Release Date_y", ["release", "date"]),
        ("_x", ["x"]),
        ("Galaxy", ["galaxy"]),
    ],
)
def test_words_of_a_name_are_small_and_without_accents(name, words):
    assert words_of(name) == words


@pytest.mark.parametrize(
    "name",
    [
        *("title", "Movie Title", "Film", "originalTitle", "Filmtitel", "Originaltitel", "Deutscher Titel"),
        *("Titre", "Titre original", "Titre du film", "Nom du film", "Titre français"),
        *("Película", "Pelicula", "Título original", "Título de la película", "Nombre de la película"),
        *("Filme", "Título do filme", "Nome do filme", "Pellicola", "Titolo originale", "Titolo del film"),
        *(
            "邦題",
            "原題",
            "映画名",
            "作品タイトル",
            "片名",
            "电影名称",
            "영화 제목",
            "원제",
            "Tytuł oryginalny",
            "Název filmu",
        ),
        *("title_x", "movie_title_y", "filmLabel", "item label"),
        *("Название фильма", "Оригинальное название"),
    ],
)
def test_titles_are_called_so_in_several_languages(name):
    assert names_titles(name)


@pytest.mark.parametrize(
    "name",
    ["French film", "Original language", "Title length", "name of studio", "Nombre de copies", "de", "", "Release"],
)
def test_what_is_said_of_films_is_no_title(name):
    assert not names_titles(name)


@pytest.mark.parametrize(
    ("name", "is_plain"),
    [("title", True), ("Titel", True), ("邦題", True), ("Originaltitel", False), ("原題", False), ("Film", False)],
)
def test_a_title_is_plain_where_it_is_no_original_one_and_no_name_of_all_films(name, is_plain):
    assert is_plain_title(name) == is_plain
