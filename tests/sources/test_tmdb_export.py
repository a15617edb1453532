import pandas as pd
import pytest

from tests.sources.conftest import FIXTURES, prepared

V11, PIPED = (FIXTURES / "tmdb-export" / name for name in ("TMDB_movie_dataset_v11.csv", "piped.csv"))


def test_a_century_that_nothing_settles_is_noted():
    films, preparation = prepared("tmdb-export", PIPED)
    assert films.loc["11", "release_date"] == pd.Timestamp("1977-05-25")
    assert "dates with a year of two digits and no release_year: 1" in preparation.notes


def test_lists_at_commas_are_recognised_by_their_cells_in_a_file_without_cast():
    films, _ = prepared("tmdb-export", V11)
    inception, away, untitled = (films.loc[film] for film in ("27205", "129", "1234567"))
    assert inception["genres"] == "Action|Science Fiction|Adventure"
    assert list(inception["companies"]) == ["Legendary Pictures", "Syncopy", "Warner Bros. Pictures"]
    assert list(inception["countries"]) == ["United Kingdom", "United States of America"]
    assert (away["movie_name"], away["original_title"]) == ("Spirited Away", "千と千尋の神隠し")
    assert list(away["companies"]) == ["Studio Ghibli", "Orion, Inc.", "Nibariki"]
    assert (away["release_date"], away["release_year"]) == (pd.Timestamp("2001-07-20"), 2001)
    assert untitled[["vote_average", "genres", "companies", "keyword_count", "imdb_id"]].isna().all()
    assert films[["cast", "directors", "lead_actor"]].isna().all(axis=None)


@pytest.mark.parametrize("delimiter", ["|", "\t", ";"])
def test_columns_may_be_delimited_by_bars_tabs_and_semicolons(delimiter, tmp_path):
    pd.read_csv(PIPED, sep="|", dtype=str).to_csv(tmp_path / "movies.csv", sep=delimiter, index=False)
    films, _ = prepared("tmdb-export", tmp_path)
    assert list(films.loc["11", "cast"]) == ["Mark Hamill", "Harrison Ford", "Carrie Fisher"]
    assert list(films.loc["11", "producers"]) == ["Gary Kurtz", "Rick McCallum"]
    assert list(films.loc["12", "cast"]) == ["Albert Brooks", "Sammy Davis, Jr.", "Ellen DeGeneres"]
    assert list(films.loc["12", "companies"]) == ["Metro-Goldwyn-Mayer, Inc.", "Pixar"]
    assert list(films.loc["12", "directors"]) == [*films.loc["12", "writers"], "Lee Unkrich"]


def test_a_stray_bar_among_thousands_of_commas_does_not_separate(tmp_path):
    table = pd.read_csv(PIPED, sep="|", dtype=str).iloc[[0] * 1500].assign(id=range(1500))
    table.iloc[7, list(table).index("cast")] = "A|B Players"
    table.to_csv(tmp_path / "movies.csv", sep=";", index=False)
    films, _ = prepared("tmdb-export", tmp_path)
    assert list(films.loc["7", "cast"]) == ["A|B Players"]
    assert list(films.loc["8", "cast"]) == ["Mark Hamill", "Harrison Ford", "Carrie Fisher"]
