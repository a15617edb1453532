from tests.sources.conftest import FIXTURES, lost, prepared

FILE = FIXTURES / "movie-industry" / "movies.csv"
HEADER = FILE.read_text(encoding="utf-8").splitlines()[0]


def test_a_film_is_named_by_what_is_known_of_it(tmp_path):
    rows = ["None,,,,,,,,,,,,,,", " A ,,,1980,,,,Ann,,,,,,,", "B,,,,,,,Bea,,,,,,,", "  ,,,1980,,,,Ann,,,,,,,"]
    (tmp_path / "movies.csv").write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    films, preparation = prepared("movie-industry", tmp_path)
    assert films["film"].tolist() == ["None", "A (1980), Ann", "B, Bea"]
    assert lost(preparation, "movies.csv") == {5: "title is missing"}
