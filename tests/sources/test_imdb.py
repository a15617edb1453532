import gzip
from pathlib import Path

import pytest

from greenlight_films.datamodules.errors import InputError
from tests.sources.conftest import CUT_OFF, lost, prepared

BASICS = "tconst\ttitleType\tprimaryTitle\toriginalTitle\tisAdult\tstartYear\tendYear\truntimeMinutes\tgenres\n"


def test_a_packed_file_that_was_cut_off_is_refused(imdb: Path):
    whole = gzip.compress((imdb / "title.principals.tsv").read_bytes())
    (imdb / "title.principals.tsv").unlink()
    (imdb / "title.principals.tsv.gz").write_bytes(whole[:-20])
    with pytest.raises(InputError, match=r"title\.principals\.tsv\.gz can't be read to its end: "):
        prepared("imdb", imdb)


def test_lines_are_counted_over_empty_lines_and_bytes_that_are_no_utf8(imdb: Path):
    rows = [b"tt0000001\tmovie\tCaf\xe9\tCaf\xe9\t0\t1999\t\\N\t90\tDrama", b"", b"short\xff", b"tt0000002\tmovie"]
    rows += [b"x" * 9, b"bad\tmovie\tT\tT\t0\t1999\t\\N\t90\tDrama", b"tt0000001\tmovie\tT\tT\t0\tx\t\\N\t90\tDrama"]
    (imdb / "title.basics.tsv").write_bytes(BASICS.encode() + b"\n".join(rows) + b"\n")
    (imdb / "title.ratings.tsv").write_text("tconst\taverageRating\tnumVotes\ntt0000001\t7.0\t5\n")
    films, preparation = prepared("imdb", imdb)
    assert films["primaryTitle"].tolist() == ["Caf\ufffd"]
    assert preparation.read["title.basics.tsv"] == 6
    assert lost(preparation, "title.basics.tsv") == {
        4: CUT_OFF.format(1, 9),
        5: CUT_OFF.format(2, 9),
        6: CUT_OFF.format(1, 9),
        7: "tconst is no id such as tt0000009",
        8: "tconst stands in an earlier row",
    }
    note = "unreadable bytes in title.basics.tsv, which is no UTF-8 text throughout, read as \ufffd: 3"
    assert note in preparation.notes
