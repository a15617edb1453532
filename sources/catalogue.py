"""The collections that `prepare` knows, by their words on the command line."""

from greenlight_films.sources.imdb import Imdb
from greenlight_films.sources.movie_industry import MovieIndustry
from greenlight_films.sources.omdb import Omdb
from greenlight_films.sources.source import Source
from greenlight_films.sources.the_movies_dataset import TheMoviesDataset
from greenlight_films.sources.tmdb_5000 import Tmdb5000
from greenlight_films.sources.tmdb_export import TmdbExport

CATALOGUE: dict[str, Source] = {
    source.name: source for source in (TheMoviesDataset(), Tmdb5000(), TmdbExport(), Imdb(), MovieIndustry(), Omdb())
}
