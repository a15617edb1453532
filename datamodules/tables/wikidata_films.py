"""The embedded table `wikidata-films`: 17,472 films from Wikidata (CC0), as the package bokeh-sampledata ships them."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd

QUERY = """
SELECT o.ID, o.imdbID, o.Title, o.Year, o.Released, o.Runtime, o.Genre, o.Director, o.Writer, o."Cast", o.Language,
       o.Country, t.Production, o.Rating AS Certificate, t.Rating, t.Meter, t.Reviews, t.BoxOffice, o.Metacritic,
       o.Oscars
FROM omdb AS o LEFT JOIN tomatoes AS t ON t.ID = o.ID
ORDER BY o.ID
"""

LICENCE = "CC0 1.0: data of Wikidata, as the package bokeh-sampledata ships them."
LISTS = ("Director", "Writer", "Cast", "Production")  # cells hold several names
SUFFIX = re.compile(r", (Jr\.?|Sr\.?|II|III|IV|Esq\.?|M\.D\.|Ph\.?D\.?|Inc\.?|Ltd\.?|LLC)(?=,|$)")
"""A suffix that the comma tears off the name before it: `Robert Downey, Jr.`."""


def read_wikidata_films() -> pd.DataFrame:
    """Read the embedded films, one row a film.

    Rating is the critics' mean from 0 to 10, Meter the per cent of critics in favour, Runtime in minutes, BoxOffice in
    US dollars. Several values in a cell stand with comma and blank between them. Empty text is missing.
    """
    from bokeh_sampledata.movies_data import movie_path  # only who wants these films pays for the import

    with closing(sqlite3.connect(f"{Path(movie_path).as_uri()}?mode=ro", uri=True)) as connection:
        films = pd.read_sql_query(QUERY, connection)
    for column in films.select_dtypes("str"):
        films[column] = films[column].mask(films[column] == "")
    for column in LISTS:
        films[column] = films[column].str.replace(SUFFIX, r" \1", regex=True)
    return films
